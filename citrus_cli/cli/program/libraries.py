"""Keeping other libraries off the terminal."""

from __future__ import annotations

import os
import warnings


def quiet_libraries() -> None:
    """Silence the bars and hints of other libraries; what matters of them citrus says itself.

    To be called by a command before the libraries are imported, since they look only then.
    """
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TQDM_DISABLE", "1")
    warnings.simplefilter("ignore")
