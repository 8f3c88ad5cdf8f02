"""Models from the Hugging Face hub: found in its local cache, or downloaded there."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from citrus_cli.errors import ModelError
from citrus_cli.events import Fetching, Listener, ignore
from citrus_cli.models.cache import cache_error, require_space
from citrus_cli.models.quiet import quiet

_POLL_SECONDS = 0.25
# files at the top of a repository that a tokenizer or a configuration may be made of
_SMALL_SUFFIXES = (".json", ".model", ".jinja", ".txt", ".tiktoken")
_POOLING = "1_Pooling/config.json"  # how a sentence embedder makes one vector of many
_NOT_NEEDED = ("tekken.json", "params.json", "readme.txt", "license.txt")


def cached_folder(hub_id: str) -> Path | None:
    """The folder of a model in the local hub cache, or None. It may be incomplete."""
    from huggingface_hub import try_to_load_from_cache

    try:
        config = try_to_load_from_cache(hub_id, "config.json")
    except ValueError:
        return None
    return Path(config).parent if isinstance(config, str) else None


def fetch(hub_id: str, *, force: bool = False, on_event: Listener = ignore) -> Path:
    """Download what a model needs, and nothing else of its repository; return its folder.

    While it runs, `on_event` is called from another thread.
    """
    from huggingface_hub import HfApi, constants, errors, snapshot_download

    hub_cache = Path(constants.HF_HUB_CACHE)
    try:
        with quiet():
            info = HfApi().model_info(hub_id, files_metadata=True)
            sizes = {file.rfilename: int(file.size or 0) for file in info.siblings or ()}
            wanted = _needed(hub_id, sizes)
            total = sum(sizes[name] for name in wanted)
            require_space(hub_cache, total)
            repository = hub_cache / f"models--{hub_id.replace('/', '--')}"
            with _reporting(hub_id, repository, total, on_event):
                return Path(snapshot_download(hub_id, allow_patterns=wanted, force_download=force))
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{hub_id} is gated: accept its licence on its page at huggingface.co, then log in "
            "with `hf auth login`"
        ) from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise ModelError(
            f"{hub_id} was not found on the Hugging Face hub; check the spelling, or log in with "
            "`hf auth login` if it is private"
        ) from error
    except errors.HfHubHTTPError as error:
        raise _http_error(hub_id, error) from error
    except Exception as error:
        if isinstance(error, ModelError) or not _is_transfer_failure(error):
            raise
        raise _transfer_error(hub_id, hub_cache, error) from error


def _needed(hub_id: str, sizes: dict[str, int]) -> list[str]:
    """Configuration, tokenizer and safetensors weights; no pickles, no code, no second copies."""
    top = [name for name in sizes if "/" not in name]
    weights = [name for name in top if name.startswith("model") and name.endswith(".safetensors")]
    if "config.json" not in top:
        raise ModelError(
            f"{hub_id} has no config.json, so it is not a model that citrus can load; look for the "
            "model's original repository"
        )
    if not weights:
        raise ModelError(
            f"{hub_id} has no safetensors weights, and citrus does not load pickled ones (they can "
            "run code); look for a version with safetensors"
        )
    small = [
        name
        for name in top
        if name.lower().endswith(_SMALL_SUFFIXES) and name.lower() not in _NOT_NEEDED
    ]
    pooling = [_POOLING] if _POOLING in sizes else []
    return sorted({*small, *weights, *pooling})


def _http_error(hub_id: str, error: Exception) -> ModelError:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return ModelError(f"the hub refuses access to {hub_id} ({status}); run `hf auth login`")
    return ModelError(
        f"the Hugging Face hub could not give {hub_id} (it answered {status or error}); try again "
        "later"
    )


def _is_transfer_failure(error: Exception) -> bool:
    """Failures of the network or the disk; the HTTP library's errors share no base class."""
    module = type(error).__module__.split(".")[0]
    return isinstance(error, OSError) or module.startswith(("httpx", "httpcore", "requests"))


def _transfer_error(hub_id: str, hub_cache: Path, error: Exception) -> ModelError:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ENOSPC:
        return ModelError(
            f"{hub_id} does not fit: the disk of {hub_cache} is full; free some room, or set "
            "HF_HOME to a folder on another disk"
        )
    if number in (errno.EACCES, errno.EROFS, errno.EPERM) and isinstance(error, OSError):
        reason = str(cache_error(error, hub_cache)).split("; ", maxsplit=1)[0]
        return ModelError(f"{reason}; make it writable, or set HF_HOME to a folder that is")
    return ModelError(
        f"{hub_id} is not complete in the local cache and the Hugging Face hub cannot be reached; "
        "connect to the network once, or choose a model that is here (`citrus models list`)"
    )


@contextmanager
def _reporting(hub_id: str, repository: Path, total: int, on_event: Listener) -> Iterator[None]:
    """Report how many bytes have arrived in the repository's cache folder, from another thread."""
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(_POLL_SECONDS):
            on_event(Fetching(hub_id, min(_bytes_in(repository), total), total))

    on_event(Fetching(hub_id, min(_bytes_in(repository), total), total))
    thread = threading.Thread(target=watch, name="citrus-fetch-progress", daemon=True)
    thread.start()
    try:
        yield
        finished.set()
        thread.join()
        on_event(Fetching(hub_id, total, total))
    finally:
        finished.set()


def _bytes_in(folder: Path) -> int:
    """Bytes on the disk under a folder; links count nothing, holes in a file neither."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                stat = (Path(parent) / name).lstat()
            except OSError:
                continue  # renamed or removed under our eyes
            blocks = getattr(stat, "st_blocks", None)
            total += stat.st_size if blocks is None else min(stat.st_size, blocks * 512)
    return total
