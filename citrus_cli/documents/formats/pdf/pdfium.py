"""pdfium's functions that run for every character, called as fast as Python can call them.

pypdfium2's own wrappers check and convert every argument; a page has thousands of characters, and
the time for reading one is a few milliseconds. The prototypes here take addresses, so that results
land in arrays without an object for each. They hold on to the interpreter's lock: none takes long.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import pypdfium2.raw as raw

_Pointer = ctypes.c_void_p
_Int = ctypes.c_int


def _function(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    address = ctypes.cast(getattr(raw, name), _Pointer).value
    assert address is not None
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


# Of a text page, by the index of a character; boxes are written to an address as floats.
get_text = _function("FPDFText_GetText", _Int, _Pointer, _Int, _Int, _Pointer)
get_unicode = _function("FPDFText_GetUnicode", ctypes.c_uint, _Pointer, _Int)
get_loose_box = _function("FPDFText_GetLooseCharBox", _Int, _Pointer, _Int, _Pointer)
get_origin = _function("FPDFText_GetCharOrigin", _Int, _Pointer, _Int, _Pointer, _Pointer)
get_matrix = _function("FPDFText_GetMatrix", _Int, _Pointer, _Int, _Pointer)
get_font_size = _function("FPDFText_GetFontSize", ctypes.c_double, _Pointer, _Int)
get_text_object = _function("FPDFText_GetTextObject", _Pointer, _Pointer, _Int)
is_generated = _function("FPDFText_IsGenerated", _Int, _Pointer, _Int)
is_hyphen = _function("FPDFText_IsHyphen", _Int, _Pointer, _Int)

# Of a page object.
get_object = _function("FPDFPage_GetObject", _Pointer, _Pointer, _Int)
get_type = _function("FPDFPageObj_GetType", _Int, _Pointer)
get_bounds = _function("FPDFPageObj_GetBounds", _Int, _Pointer, *[_Pointer] * 4)
get_fill = _function("FPDFPageObj_GetFillColor", _Int, _Pointer, *[_Pointer] * 4)
get_stroke = _function("FPDFPageObj_GetStrokeColor", _Int, _Pointer, *[_Pointer] * 4)
get_draw_mode = _function("FPDFPath_GetDrawMode", _Int, _Pointer, _Pointer, _Pointer)
count_segments = _function("FPDFPath_CountSegments", _Int, _Pointer)
get_form_object = _function("FPDFFormObj_GetObject", _Pointer, _Pointer, ctypes.c_ulong)
count_form_objects = _function("FPDFFormObj_CountObjects", _Int, _Pointer)
get_object_matrix = _function("FPDFPageObj_GetMatrix", _Int, _Pointer, _Pointer)
get_font = _function("FPDFTextObj_GetFont", _Pointer, _Pointer)
get_render_mode = _function("FPDFTextObj_GetTextRenderMode", _Int, _Pointer)

TEXT = raw.FPDF_PAGEOBJ_TEXT
PATH = raw.FPDF_PAGEOBJ_PATH
IMAGE = raw.FPDF_PAGEOBJ_IMAGE
SHADING = raw.FPDF_PAGEOBJ_SHADING
FORM = raw.FPDF_PAGEOBJ_FORM


def address(handle: Any) -> int:
    """The address that a handle of pypdfium2 stands for."""
    value = ctypes.cast(handle, _Pointer).value
    if value is None:
        raise ValueError("pdfium gave no handle")
    return value
