"""`--report`, `--heatmap` and `--highlight`: files beside the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from citrus_cli.cli.options.output import PictureOptions
from citrus_cli.cli.options.request import STDIN_NAME, Request
from citrus_cli.cli.output.files import Spelling, check_target
from citrus_cli.errors import UsageError

if TYPE_CHECKING:
    from citrus_cli.pictures import Picture

_SUFFIXES = {"report": (".html", ".htm"), "heatmap": (".png", ".svg"), "highlight": (".pdf",)}


@dataclass(frozen=True)
class Pictures:
    """The files to write, by option; everything that can be wrong with them is known already."""

    files: dict[str, Path]
    overwrite: bool
    source: str
    password: str | None

    def write(self, picture: Picture) -> None:
        """Write them all.

        Raises:
            CitrusError: one cannot be written.
        """
        from citrus_cli import pictures

        again = self.overwrite
        if path := self.files.get("report"):
            pictures.write_report(picture, path, overwrite=again)
        if path := self.files.get("heatmap"):
            pictures.write_heatmap(picture, path, overwrite=again)
        if path := self.files.get("highlight"):
            pictures.write_highlights(
                Path(self.source),
                picture.evidence,
                path,
                password=self.password,
                question=picture.answer.question,
                overwrite=again,
            )


def plan_pictures(
    options: PictureOptions, request: Request, *, overwrite: bool, password: str | None
) -> Callable[[Picture], None] | None:
    """What writes the pictures that were asked for; None when none were.

    Raises:
        UsageError: a file cannot be written, or there is no one answer, or no one PDF, to draw.
    """
    files = {name: Path(given) for name, given in vars(options).items() if given is not None}
    if not files:
        return None
    if len(request.questions) > 1:
        raise UsageError(f"--{next(iter(files))} shows one answer: ask one question")
    for name, path in files.items():
        if path.suffix.lower() not in _SUFFIXES[name]:
            raise UsageError(f"--{name} {path}: must end in {' or '.join(_SUFFIXES[name])}")
        check_target(path, str(path), overwrite, Spelling(f"--{name}", "--overwrite"))
    source = request.sources[0]
    if "highlight" in files and (
        len(request.sources) > 1 or source == STDIN_NAME or Path(source).suffix.lower() != ".pdf"
    ):
        raise UsageError("--highlight marks one PDF file: name one")
    return Pictures(files, overwrite, source, password).write


def together(listeners: Sequence[Callable[[Picture], None]]) -> Callable[[Picture], None]:
    """One listener for several."""

    def each(picture: Picture) -> None:
        for listener in listeners:
            listener(picture)

    return each
