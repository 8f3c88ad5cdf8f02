"""What other packages add to citrus by name, through the entry points that packages declare.

A package adds a policy, say, with one file and a line of its `pyproject.toml`:

    [project.entry-points."citrus.policies"]
    mine = "my_package.mine:Mine"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from citrus_cli.errors import UsageError

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Things by name: those of citrus, then those of entry points in a group.

    Names are known without importing anything of other packages; what stands behind one is
    imported when it is first asked for. A name of citrus's own always means citrus's own.
    """

    def __init__(self, group: str, own: Mapping[str, T], check: Callable[[str, object], T]) -> None:
        """`group` is that of the entry points.

        `check` takes a name and what its entry point stands for, and returns what it is here; it
        raises TypeError for what cannot be used.
        """
        self._group, self._check = group, check
        self._known: dict[str, T] = dict(own)

    @cached_property
    def _added(self) -> dict[str, EntryPoint]:
        return {one.name: one for one in entry_points(group=self._group)}

    def __getitem__(self, name: str) -> T:
        """What is called `name`.

        Raises:
            KeyError: nothing is.
            UsageError: another package says that something is, and it cannot be used.
        """
        if name not in self._known:
            self._known[name] = self._load(self._added[name])
        return self._known[name]

    def _load(self, entry: EntryPoint) -> T:
        try:
            return self._check(entry.name, entry.load())
        except Exception as error:  # whatever a foreign package raises
            package = f" of the package {entry.dist.name}" if entry.dist else ""
            why = str(error) or type(error).__name__
            raise UsageError(
                f"{entry.name}, in {self._group}{package}, cannot be used: {why}; update or remove "
                "that package"
            ) from error

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(self._known)
        return iter([*names, *(name for name in self._added if name not in names)])

    def __len__(self) -> int:
        return len(self._known.keys() | self._added.keys())

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._added
