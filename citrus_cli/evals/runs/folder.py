"""The folder of a run: what was measured, and with what, beside the journal."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from citrus_cli._version import __version__
from citrus_cli.errors import CitrusError, UsageError
from citrus_cli.evals.runs.journal import Journal
from citrus_cli.library.identity import digest
from citrus_cli.models.cache import cache_dir
from citrus_cli.run import Runner

LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "bitsandbytes", "pypdf", "rouge-score")

Facts = dict[str, Any]


def default_folder(task: str, identity: Facts) -> Path:
    """A folder in the user's cache, named by what is measured."""
    name = f"{task}-{digest(json.dumps(identity, sort_keys=True))[:12]}"
    return cache_dir() / "evals" / name


def versions() -> dict[str, str]:
    """The versions of what the figures depend on."""
    found = {"citrus": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


class RunFolder:
    """`run.json` and `journal.jsonl`.

    `identity` are the settings that decide what a record holds: a folder is for one of them.
    """

    def __init__(self, path: Path, identity: Facts, about: Facts) -> None:
        """Make the folder, or go on in it; `about` is told of the run beside its identity.

        Raises:
            UsageError: it is another run's; names the settings that differ.
            CitrusError: it cannot be written.
        """
        self.path = path
        self.notes: list[str] = []
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CitrusError(f"the run's folder {path}: {error.strerror}") from None
        self._read()  # what is something else's is refused before a file is made in it
        self.journal = Journal(path / "journal.jsonl")
        try:
            earlier = self._read()  # now that no other run writes it
            if earlier is None and self.journal.records:
                raise UsageError(f"{path} has a journal without run.json; give another --run")
            self._check(earlier, identity)
            now = {"identity": identity, **about, "versions": versions()}
            if earlier is not None:
                now = self._merged(earlier, now)
            self.facts: Facts = now
            self._write()
        except BaseException:
            self.journal.close()
            raise

    def loaded(self, runner: Runner) -> None:
        """Tell of the model that was loaded.

        Raises:
            UsageError: the run was begun with other weights, or on another kind of device.
        """
        one = runner.loaded
        model = {
            "name": one.name,
            "fingerprint": one.fingerprint,
            "quantization": one.quantization,
            "dtype": str(one.dtype).removeprefix("torch."),
            "device": one.device.type,
            "layers": runner.backbone.layers,
        }
        before = self.facts.get("model", model)
        if before != model:
            changed = ", ".join(name for name in model if before.get(name) != model[name])
            raise UsageError(
                f"{self.path} was begun with another model ({changed} changed); give another --run"
            )
        self.facts["model"] = model
        self._write()

    def close(self) -> None:
        """Let go of the journal."""
        self.journal.close()

    def _read(self) -> Facts | None:
        file = self.path / "run.json"
        try:
            facts = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CitrusError(f"cannot read {file}: {error.strerror}") from None
        except ValueError:
            facts = None
        if not isinstance(facts, dict) or "identity" not in facts:
            raise UsageError(f"{file} is not of a run of citrus eval; give another --run")
        return facts

    def _check(self, earlier: Facts | None, identity: Facts) -> None:
        if earlier is None or earlier["identity"] == identity:
            return
        before = earlier["identity"]
        names = [name for name in {**before, **identity} if before.get(name) != identity.get(name)]
        told = "; ".join(f"{name}: {before.get(name)} there, {identity.get(name)} now"
                         for name in names)  # fmt: skip
        raise UsageError(f"{self.path} is a run of other settings ({told}); give another --run")

    def _merged(self, earlier: Facts, now: Facts) -> Facts:
        """What was known before stays known; other versions are noted and kept beside."""
        before = earlier.get("versions", {})
        if before != now["versions"]:
            changed = [
                f"{name} {before.get(name, 'absent')} then, {now['versions'].get(name, 'absent')}"
                for name in {**before, **now["versions"]}
                if before.get(name) != now["versions"].get(name)
            ]
            self.notes.append(f"this run was begun with other versions ({'; '.join(changed)} now)")
        also = [one for one in earlier.get("also_versions", []) if one != now["versions"]]
        if before != now["versions"]:
            also.append(now["versions"])
        return {**earlier, **now, "versions": before, "also_versions": also}

    def _write(self) -> None:
        file = self.path / "run.json"
        temporary = file.with_name(f".run.json.{os.getpid()}.tmp")
        try:
            temporary.write_text(json.dumps(self.facts, indent=2) + "\n", "utf-8")
            temporary.replace(file)
        except OSError as error:
            raise CitrusError(f"cannot write {file}: {error.strerror}") from None
