"""The addresses of links, where the text does not say them."""

from __future__ import annotations

from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from citrus_cli.documents.formats.scripts import plain

_SCHEMES = ("http://", "https://", "mailto:", "tel:", "ftp://", "doi:")
_LIMIT = 150


class Links:
    """Remembers which addresses have been told: each is told once, where it comes first."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def address(self, node: LexborNode, said: str) -> str:
        """What is to follow a link that says `said`: its address in brackets, or nothing."""
        return self.told(node.attributes.get("href") or "", said)

    def told(self, target: str, said: str) -> str:
        """The same for a link with the address `target`."""
        target = plain("".join(target.split()))
        if not target.lower().startswith(_SCHEMES):
            return ""
        shown = target
        if target.lower().startswith(("mailto:", "tel:")):
            shown = unquote(target.split(":", 1)[1].split("?")[0])
        elif len(target) > _LIMIT:
            shown = target.split("#")[0].split("?")[0][:_LIMIT]
        key = shown.rstrip("/").lower()
        bare = key.split("://", 1)[-1].removeprefix("www.")
        if not key or key in self._told or bare in "".join(said.split()).lower():
            return ""
        self._told.add(key)
        return f" ({shown})" if said.strip() else ""
