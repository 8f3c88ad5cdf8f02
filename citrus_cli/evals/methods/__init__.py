"""Everything that `citrus eval` and `citrus compare` know by name.

A new method is a file here, with a class that says what it remembers, and an entry below; a policy
is a method at once, also one that another package adds. Another package adds a method with a file
such as this, `my_package/start.py`:

    from citrus_cli.evals.methods import Method
    from citrus_cli.evals.methods.reread import reread

    class Start(Method):  # the beginning of the text, read afresh
        name = "start"
        def remember(self, runner, text, instructions, settings):
            for one in instructions:
                yield reread(runner, text, range(min(len(text), settings.budget)), one, settings)

and two lines of its `pyproject.toml`; `--policies start` then works in `eval` and `compare`:

    [project.entry-points."citrus.methods"]
    start = "my_package.start:Start"
"""

from __future__ import annotations

from collections.abc import Mapping

from citrus_cli.engine.policies import POLICIES
from citrus_cli.evals.methods.base import Method, Remembered
from citrus_cli.evals.methods.bm25 import BM25
from citrus_cli.evals.methods.full import Full
from citrus_cli.evals.methods.gemfilter import GemFilter
from citrus_cli.evals.methods.policies import PolicyMethod
from citrus_cli.evals.methods.xl3m import XL3M
from citrus_cli.plugins import Registry

_OWN: dict[str, Method] = {
    **{name: PolicyMethod(name) for name in POLICIES},
    **{method.name: method for method in (Full(), BM25(), GemFilter(), XL3M())},
}


def _is_method(name: str, found: object) -> Method:
    if not isinstance(found, type) or not issubclass(found, Method):
        raise TypeError(f"{found!r} is no subclass of citrus_cli.evals.methods.Method")
    if getattr(found, "name", None) != name:
        raise TypeError(f"{found.__name__} is not called {name!r}")
    return found()


METHODS: Mapping[str, Method] = Registry("citrus.methods", _OWN, _is_method)
"""All of them, by name: policies, citrus's other methods, and those that other packages add."""

__all__ = ["METHODS", "Method", "PolicyMethod", "Remembered"]
