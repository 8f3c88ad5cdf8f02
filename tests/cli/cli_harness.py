"""Runs the program in the process of the tests."""

from __future__ import annotations

import inspect

from cli_fake_api import FakeDocumentQA
from typer.testing import CliRunner, Result

from citrus_cli.cli import app


def _runner() -> CliRunner:
    """Older releases mix the two outputs unless told not to; newer ones know no such setting."""
    mixes = "mix_stderr" in inspect.signature(CliRunner).parameters
    return CliRunner(mix_stderr=False) if mixes else CliRunner()  # type: ignore[call-arg]


class Citrus:
    """Runs the program in this process with the fake API."""

    def __call__(self, *arguments: str, env: dict[str, str] | None = None) -> Result:
        return _runner().invoke(app.build(), list(arguments), env=env)

    @property
    def call(self) -> dict[str, object]:
        """What the API was asked for last."""
        return FakeDocumentQA.calls[-1]
