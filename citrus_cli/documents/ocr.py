"""Recognises the text in pictures of pages, with models that lie beside the library.

Needs the extra `ocr` (rapidocr and onnxruntime). Nothing is fetched: the models come with the
package. One thread: several only wait for each other where other programs run.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from citrus_cli.documents.notices import Notice

if TYPE_CHECKING:
    from PIL.Image import Image

INSTALL = "pip install 'citrus-cli[ocr]'"
_APART = 1.0
"""Pieces of a line that are further apart than so many of its heights are cells of a table."""

_LARGEST = 4_000


@dataclass(frozen=True)
class Piece:
    """A run of recognised text: what it says, how sure that is (0 to 1), and where it stands.

    `box`: left, top, right, bottom in pixels of the picture that was given.
    """

    text: str
    sure: float
    box: tuple[float, float, float, float]


def available() -> bool:
    """Whether the extra is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def recognise(picture: Image) -> list[Piece]:
    """The runs of text in a picture, in no order. Raises ImportError without the extra."""
    import numpy as np

    scale = min(1.0, _LARGEST / max(picture.size))
    if scale < 1:
        picture = picture.resize((int(picture.width * scale), int(picture.height * scale)))
    found = _engine()(np.asarray(picture.convert("RGB"))[:, :, ::-1])
    if found.txts is None or found.boxes is None or found.scores is None:
        return []
    pieces = []
    for text, sure, corners in zip(found.txts, found.scores, found.boxes, strict=True):
        across, down = [x / scale for x, _ in corners], [y / scale for _, y in corners]
        box = (min(across), min(down), max(across), max(down))
        pieces.append(Piece(str(text), float(sure), box))
    return pieces


def lines(pieces: Sequence[Piece]) -> list[str]:
    """The pieces line by line from the top, those of a table's row set apart by bars."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda one: one.box[1] + one.box[3]):
        middle = (piece.box[1] + piece.box[3]) / 2
        if rows and rows[-1][0].box[1] <= middle <= rows[-1][0].box[3]:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [_line(sorted(row, key=lambda one: one.box[0])) for row in rows]


def _line(row: Sequence[Piece]) -> str:
    text = row[0].text
    for before, piece in pairwise(row):
        height = max(before.box[3] - before.box[1], 1)
        text += " | " if piece.box[0] - before.box[2] > _APART * height else " "
        text += piece.text
    return text


def notice(pieces: Sequence[Piece]) -> Notice:
    """Says that a page was recognised, and how sure that is, in steps of five per cent."""
    letters = sum(len(piece.text) for piece in pieces) or 1
    sure = sum(piece.sure * len(piece.text) for piece in pieces) / letters
    about = int(sure * 20) * 5
    return Notice(
        f"the text was recognised in a picture (OCR), at least {about} % sure on average",
        "recognised",
    )
