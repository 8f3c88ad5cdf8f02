"""The store: what is read once is answered again, the same; and nothing stale is ever served."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_models import find_heads, make_model_folder

from citrus_cli import CitrusError, DocumentQA, UsageError
from citrus_cli.events import Note, Reading
from citrus_cli.models import cache
from citrus_cli.store import store as store_module
from citrus_cli.store.entry import INDEX, DamagedEntryError
from citrus_cli.store.store import Store

INDIVIDUAL = ["citrus-individual", "citrus-heads-individual", "citrus-reread"]
QUESTIONS = ["What happened on day 7?", "Was the harbour calm?", "Why?"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("store") / "tiny"
    # a large initializer range: attention that is all but uniform proves nothing
    return str(make_model_folder(folder, max_position_embeddings=4096, initializer_range=0.3))


@pytest.fixture(scope="module")
def heads(model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find_heads(model, tmp_path_factory.mktemp("found"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heads: Path) -> Path:
    """An empty cache, but for the model's heads."""
    cache = tmp_path / "cache"
    shutil.copytree(heads, cache / "heads")
    monkeypatch.setenv("CITRUS_CACHE_DIR", str(cache))
    return cache


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "log.txt"
    path.write_text("\f".join(f"Nothing happened on day {day}.\n" * 2 for day in range(40)))
    return path


def make_qa(model: str, **settings) -> DocumentQA:
    small = {"budget": 40, "chunk_size": 48, "max_answer_tokens": 8, "policy": INDIVIDUAL[0]}
    # a random model finds nothing, or anything
    return DocumentQA(model, **{"always_answer": True, **small, **settings})


@pytest.mark.parametrize("policy", INDIVIDUAL)
def test_answers_from_the_store_are_those_of_a_reading(model, document, policy):
    afresh = [make_qa(model, policy=policy).ask(document, question) for question in QUESTIONS]
    entry = make_qa(model, policy=policy).ingest(document)
    stored = [make_qa(model, policy=policy).ask(document, question) for question in QUESTIONS]
    assert not any(answer.from_store for answer in afresh)
    assert all(answer.from_store for answer in stored)
    assert len({answer.answer for answer in afresh}) > 1
    for one, other in zip(afresh, stored, strict=True):
        assert other.answer == one.answer
        assert other.kept == one.kept
        assert other.documents == one.documents
        assert (other.tokens_read, other.states_kept) == (one.tokens_read, one.states_kept)
    assert entry.tokens == afresh[0].tokens_read


def test_a_stored_document_is_not_read(model, document, monkeypatch):
    make_qa(model).ingest(document)
    from citrus_cli import keeping

    def refuse(*args, **kwargs):
        raise AssertionError("the document was read again")

    monkeypatch.setattr(keeping, "DocumentTokens", refuse)
    answers = list(make_qa(model).ask_all(document, QUESTIONS))
    assert all(answer.from_store for answer in answers)
    with pytest.raises(AssertionError, match="read again"):
        make_qa(model, store=False).ask(document, "What?")


def test_a_file_is_known_by_its_content(model, document, tmp_path):
    make_qa(model).ingest(document)
    copy = tmp_path / "elsewhere.txt"
    copy.write_bytes(document.read_bytes())
    answer = make_qa(model).ask(copy, "What?")
    assert answer.from_store
    assert answer.documents[0].path == str(copy)
    assert answer.kept[0].document == str(copy)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("content", "the document has changed"),
        ("pages", "the document has changed, or is read in another way"),
        ("chunk", "settings"),
        ("system", "settings"),
        ("budget", "settings"),
        ("weights", "model"),
        ("tokenizer", "model"),
    ],
)
def test_what_has_changed_is_never_served(model, document, tmp_path, change, said):
    # of the same name and shape, so that the heads are known
    sizes = {"max_position_embeddings": 4096, "initializer_range": 0.3}
    folder = Path(make_model_folder(tmp_path / "tiny", **sizes))
    make_qa(str(folder)).ingest(document)
    settings, how = {}, {}
    if change == "content":
        document.write_text(document.read_text().replace("day 7", "day 8"))
    elif change == "pages":
        how["pages"] = "1-20"
    elif change == "chunk":
        settings["chunk_size"] = 32
    elif change == "system":
        settings["system"] = "You are terse."
    elif change == "budget":
        settings["budget"] = 48
    elif change == "weights":
        weights = folder / "model.safetensors"
        data = bytearray(weights.read_bytes())
        data[-1] ^= 1  # the same size, the same shapes
        weights.write_bytes(data)
    else:
        tokenizer = folder / "tokenizer_config.json"
        tokenizer.write_text(json.dumps({**json.loads(tokenizer.read_text()), "note": "changed"}))
    answer = make_qa(str(folder), **settings).ask(document, "What?", **how)
    assert not answer.from_store
    assert any(said in warning for warning in answer.warnings)


def test_a_budget_of_its_own_lets_any_budget_be_served(model, document):
    make_qa(model, policy=INDIVIDUAL[1], budget=40).ingest(document)
    answer = make_qa(model, policy=INDIVIDUAL[1], budget=56).ask(document, "What?")
    assert answer.from_store
    assert answer.states_kept == 56


@pytest.mark.parametrize("harm", ["flip", "truncate", "delete", "index", "index missing"])
def test_damage_is_noticed_mended_and_said(model, document, own_cache, harm):
    expected = make_qa(model, store=False).ask(document, QUESTIONS[0]).answer
    entry = make_qa(model).ingest(document)
    victim = entry.folder / ("entry.json" if "index" in harm else entry.runs[5].file)
    data = bytearray(victim.read_bytes())
    if harm in ("delete", "index missing"):
        victim.unlink()
    elif harm == "flip":
        data[-3] ^= 1
        victim.write_bytes(data)
    else:
        victim.write_bytes(data[: len(data) // 2])
    answer = make_qa(model).ask(document, QUESTIONS[0])
    assert answer.answer == expected
    assert any("damaged" in warning for warning in answer.warnings)
    again = make_qa(model).ask(document, QUESTIONS[0])
    assert again.from_store
    assert again.answer == expected
    assert not again.warnings


def test_an_entry_of_a_newer_version_is_left_alone(model, document):
    entry = make_qa(model).ingest(document)
    index = entry.folder / INDEX
    newer = json.dumps({**json.loads(index.read_text()), "format": 999})
    index.write_text(newer)
    answer = make_qa(model).ask(document, "What?")
    assert not answer.from_store
    assert any("newer" in warning for warning in answer.warnings)
    assert index.read_text() == newer
    assert "newer" in Store().unusable()[0].reason


def test_ingesting_twice_reads_once(model, document):
    events = []
    first = make_qa(model).ingest(document)
    second = make_qa(model, on_event=events.append).ingest(document)
    assert second.created == first.created
    assert not any(isinstance(event, Reading) for event in events)
    assert make_qa(model).ingest(document, again=True).created > first.created


def test_the_size_is_said_before_anything_is_written(model, document):
    events = []
    entry = make_qa(model, on_event=events.append).ingest(document)
    kinds = [type(event) for event in events]
    said = next(event.text for event in events if isinstance(event, Note))
    assert kinds.index(Note) < kinds.index(Reading)
    assert f"{entry.tokens:,} tokens" in said
    number, unit = said.split()[-2:]
    announced = float(number) * {"kB": 1e3, "MB": 1e6}[unit]
    assert announced == pytest.approx(entry.bytes, rel=0.25)  # it says whole megabytes


def test_the_least_recently_used_make_room(model, document, tmp_path):
    paths = []
    for name in ("a", "b", "c"):
        path = tmp_path / f"{name}.txt"
        path.write_text(document.read_text() + name)
        paths.append(path)
    entries = [make_qa(model).ingest(path) for path in paths[:2]]
    for entry, used in zip(entries, (2000, 1000), strict=True):
        os.utime(entry.folder / INDEX, (used, used))
    make_qa(model).ask(paths[0], "What?")  # now used more recently than ever
    bound = int(2.5 * entries[0].bytes)
    events = []
    make_qa(model, on_event=events.append).ingest(paths[2], max_bytes=bound)
    held = {entry.documents[0].path for entry in Store().entries()}
    assert held == {str(paths[0]), str(paths[2])}
    assert any("b.txt" in event.text for event in events if isinstance(event, Note))
    assert sum(entry.bytes for entry in Store().entries()) <= bound


def test_what_is_larger_than_the_store_is_refused_before_it_is_read(model, document, own_cache):
    events = []
    with pytest.raises(UsageError, match="--max-store"):
        make_qa(model, on_event=events.append).ingest(document, max_bytes=10_000)
    assert not any(isinstance(event, Reading) for event in events)
    assert not Store().entries()


def test_a_disk_without_room_is_refused_before_it_is_read(model, document, monkeypatch):
    usage = store_module.shutil.disk_usage(".")
    monkeypatch.setattr(store_module.shutil, "disk_usage", lambda path: usage._replace(free=1000))
    events = []
    with pytest.raises(CitrusError, match="--store-dtype int8"):
        make_qa(model, on_event=events.append).ingest(document)
    assert not any(isinstance(event, Reading) for event in events)


def test_a_disk_that_fills_up_leaves_nothing_half_made(model, document, own_cache, monkeypatch):
    import safetensors.torch

    save, count = safetensors.torch.save_file, iter(range(100))

    def fill_up(tensors, path):
        if next(count) == 4:
            raise OSError(28, "No space left on device")
        save(tensors, path)

    monkeypatch.setattr(safetensors.torch, "save_file", fill_up)
    with pytest.raises(CitrusError, match="disk is full"):
        make_qa(model).ingest(document)
    assert list((own_cache / "store").iterdir()) == []


KILLED = """
import os, signal, sys
from citrus_cli import DocumentQA
from citrus_cli.events import Reading

def listen(event):
    if isinstance(event, Reading) and event.fraction > 0.5:
        os.kill(os.getpid(), signal.SIGKILL)

DocumentQA(
    sys.argv[1], policy="citrus-individual", budget=40, chunk_size=48, on_event=listen
).ingest(sys.argv[2])
"""


def test_a_killed_ingest_leaves_nothing_to_be_served(model, document, own_cache):
    done = subprocess.run([sys.executable, "-c", KILLED, model, str(document)], check=False)
    assert done.returncode == -9
    left = list((own_cache / "store").iterdir())
    assert left
    assert all(folder.name.startswith(".") for folder in left)
    assert Store().entries() == []
    assert not make_qa(model).ask(document, "What?").from_store
    assert make_qa(model).ingest(document).tokens > 0


INGEST = """
import sys
from citrus_cli import DocumentQA
qa = DocumentQA(sys.argv[1], policy="citrus-individual", budget=40, chunk_size=48,
                max_answer_tokens=8, always_answer=True)
qa.runner()
print("ready", flush=True)
sys.stdin.readline()
qa.ingest(sys.argv[2], again=True)
print(qa.ask(sys.argv[2], "Why?").answer.encode())
"""


def test_two_processes_ingest_and_ask_at_once(model, document):
    expected = make_qa(model, store=False).ask(document, "Why?").answer
    command = [sys.executable, "-c", INGEST, model, str(document)]
    both = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        out, _ = process.communicate()
        assert process.returncode == 0
        assert out.strip() == str(expected.encode())
    assert len(Store().entries()) == 1


def test_an_entry_that_another_process_is_replacing_was_written(model, document, monkeypatch):
    publish = cache.publish

    def published_and_away(folder, target, *, replace):
        publish(folder, target, replace=replace)
        target.rename(target.with_name(".away"))  # as it is for a moment when another one comes

    with monkeypatch.context() as patch:
        patch.setattr(cache, "publish", published_and_away)
        entry = make_qa(model).ingest(document)
    assert not entry.folder.exists()
    entry.folder.with_name(".away").rename(entry.folder)
    (found,) = Store().entries()
    assert found.key == entry.key
    assert found.tokens == entry.tokens > 0
    assert make_qa(model).ask(document, "Why?").from_store


@pytest.mark.parametrize(("dtype", "share"), [("auto", 1.0), ("bf16", 0.5), ("int8", 0.5)])
def test_store_dtypes(model, document, dtype, share):
    """The tiny model computes in float32 or bfloat16; smaller types take the room they promise."""
    exact = make_qa(model).ingest(document)
    entry = make_qa(model).ingest(document, dtype=dtype, again=True)
    assert entry.dtype == dtype
    states = [s.keys for s in entry.states()]
    assert sum(s.shape[2] for s in states) == entry.tokens + entry.runs[0].tokens
    if dtype == "auto":
        assert entry.bytes == exact.bytes
    assert make_qa(model).ask(document, "What?").from_store


def test_int8_is_close(model, document):
    exact = list(make_qa(model).ingest(document).states())
    rounded = list(make_qa(model).ingest(document, dtype="int8", again=True).states())
    for one, other in zip(exact, rounded, strict=True):
        keys, largest = one.keys.float(), one.keys.float().abs().amax(dim=2, keepdim=True)
        assert ((other.keys.float() - keys).abs() <= largest / 127 * 0.51 + 1e-6).all()
        values, top = one.values.float(), one.values.float().abs().amax(dim=3, keepdim=True)
        assert ((other.values.float() - values).abs() <= top / 127 * 0.51 + 1e-6).all()


def test_several_documents_are_stored_as_one_reading(model, document, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("It rained.\n" * 50)
    make_qa(model).ingest([document, other])
    assert make_qa(model).ask([document, other], "What?").from_store
    assert not make_qa(model).ask([other, document], "What?").from_store
    assert not make_qa(model).ask(document, "What?").from_store


def test_what_cannot_be_stored_is_refused(model, document, tmp_path):
    with pytest.raises(UsageError, match="citrus-heads-individual"):
        make_qa(model, policy="citrus").ingest(document)
    with pytest.raises(UsageError, match="dtype"):
        make_qa(model).ingest(document, dtype="int4")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = subprocess.Popen(["sh", "-c", f"echo some text > {pipe}"])
    with pytest.raises(UsageError, match="stream"):
        make_qa(model).ingest(pipe)
    writer.wait()


def test_entries_are_found_by_the_beginning_of_their_name_or_their_path(model, document):
    entry = make_qa(model).ingest(document)
    assert Store().match(entry.key[:6]) == [entry.folder]
    assert Store().match(str(document)) == [entry.folder]
    assert Store().match("zzz") == []
    assert Store().remove(entry.folder) >= entry.bytes
    assert Store().remove(entry.folder) == 0
    with pytest.raises(DamagedEntryError):
        list(entry.states())
