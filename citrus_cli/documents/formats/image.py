"""Pictures of pages: scans and photographs, read by recognising their text."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from citrus_cli.documents import ocr
from citrus_cli.documents.formats.base import Format, Head, PageText, Reader, Refusal
from citrus_cli.documents.formats.writing import PageBuilder
from citrus_cli.documents.notices import Notice
from citrus_cli.documents.protocol import Job

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_MARKS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
_PIXELS = 100_000_000
_SUFFIXES = ".png .jpg .jpeg .tif .tiff .gif .webp .bmp"


class Image(Format):
    """A picture; every picture of a TIFF file is a page."""

    name = "image"
    title = "a picture"
    suffixes = frozenset(_SUFFIXES.split())
    priority = 60
    in_folders = False
    memory_bytes = None
    patience = 6.0
    nothing = "no text was recognised in it"

    def accepts(self, head: Head) -> bool:
        data = head.data
        if data.startswith(_MARKS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
            return True
        return data[:2] == b"BM" and head.suffix == ".bmp"

    def open(self, job: Job) -> Reader:
        if not ocr.available():
            raise Refusal(f"it is a picture; to have its text recognised (OCR): {ocr.INSTALL}")
        return Pictures(job.path)


class Pictures:
    """The reader of a file of pictures."""

    notices: Sequence[Notice] = ()

    def __init__(self, path: str) -> None:
        from PIL import Image as Pillow

        Pillow.MAX_IMAGE_PIXELS = None  # it is looked at here, page by page
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._file = Pillow.open(path)
                self.pages = min(int(getattr(self._file, "n_frames", 1)), 10_000)
        except (OSError, ValueError, SyntaxError) as error:
            raise Refusal(f"it is a damaged picture ({error}); fetch it again") from error
        if self._file.format == "GIF":
            self.pages = 1  # the others move
        self._check(self._file)

    def page(self, number: int) -> PageText:
        from PIL import ImageOps

        self._file.seek(number - 1)
        self._check(self._file)
        picture = ImageOps.exif_transpose(self._file)
        pieces = ocr.recognise(_on_white(picture))
        page = PageBuilder()
        page.paragraph("\n".join(ocr.lines(pieces)))
        if pieces:
            page.notices.append(ocr.notice(pieces))
        return page.page()

    def _check(self, picture: Any) -> None:
        pixels = picture.width * picture.height
        if pixels > _PIXELS:
            raise Refusal(
                f"it has {pixels:,} pixels, more than {_PIXELS:,}; scale it down, "
                "for example: convert in.png -resize 5000x5000 out.png"
            )


def _on_white(picture: Picture) -> Picture:
    """The picture without transparent parts."""
    from PIL import Image as Pillow

    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Pillow.new("RGBA", layer.size, "white")
    return Pillow.alpha_composite(white, layer).convert("RGB")
