"""Chromium without a screen: screenshots, printing, and what a page measures."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FOUND = next((path for name in NAMES if (path := shutil.which(name))), None)
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-prefers-reduced-motion",
)
_PROBE = """<!doctype html><title>probe</title>
<iframe id="page" style="width:{width}px;height:{height}px;border:0" srcdoc="{page}"></iframe>
<pre id="said">not measured</pre>
<script>
document.getElementById("page").onload = (event) => {{
  const view = event.target.contentWindow, page = view.document, root = page.documentElement;
  document.getElementById("said").textContent = JSON.stringify((() => {{ {code} }})());
}};
</script>"""


def _run(profile: Path, *arguments: str) -> str:
    assert FOUND is not None
    command = [FOUND, *_FLAGS, f"--user-data-dir={profile}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def screenshot(page: Path, image: Path, width: int, height: int, *, dark: bool = False) -> None:
    """The top of a page as a person sees it."""
    _run(
        page.parent / "profile",
        f"--window-size={width},{height}",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        f"--screenshot={image}",
        page.as_uri(),
    )


def print_to_pdf(page: Path, pdf: Path) -> None:
    """The page as it is printed."""
    _run(page.parent / "profile", "--no-pdf-header-footer", f"--print-to-pdf={pdf}", page.as_uri())


def measure(page: str, code: str, folder: Path, *, width: int, height: int = 800) -> Any:
    """What JavaScript says of a page in a frame of this size; it sees `view`, `page` and `root`.

    The page itself runs nothing; the script is the frame's parent's.
    """
    probe = folder / "probe.html"
    shown = html.escape(page, quote=True)
    probe.write_text(_PROBE.format(width=width, height=height, page=shown, code=code), "utf-8")
    found = _run(folder / "profile", "--window-size=1400,900", "--dump-dom", probe.as_uri())
    said = re.search(r'<pre id="said">(.*?)</pre>', found, re.DOTALL)
    assert said is not None
    return json.loads(html.unescape(said[1]))
