"""From an answer's attention back to the text: the log, the attribution, and what is looked up."""

from __future__ import annotations

import io
import itertools
import math
import random
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from tiny import HEADS, QUESTION, text
from tiny_models import find_heads, make_model_folder, make_tokenizer

from citrus_cli import DocumentQA, basis, sourcing
from citrus_cli.answering import NOT_FOUND
from citrus_cli.documents import open_documents
from citrus_cli.engine.attribution import attribute, likelihood_without
from citrus_cli.engine.generator import generate
from citrus_cli.engine.policies.streaming import SINKS
from citrus_cli.engine.retrieval import Retrieval, found_share, words_attention
from citrus_cli.events import Writing
from citrus_cli.evidence.support import support
from citrus_cli.models.plain import PlainEncoder
from citrus_cli.pages import PageMap, Place
from citrus_cli.text_log import TextLog
from citrus_cli.tokens import DocumentTokens


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("sources") / "tiny"
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
    path.write_text("\f".join(f"Nothing happened on day {day}.\n" * 2 for day in range(30)))
    return path


def make_qa(model: str, **settings) -> DocumentQA:
    small = {"budget": 64, "chunk_size": 48, "max_answer_tokens": 8, "find": "heads,words"}
    # a random model finds nothing, or anything
    return DocumentQA(model, **{"always_answer": True, **small, **settings})


@pytest.mark.parametrize("policy", ["citrus", "citrus-individual", "streaming"])
def test_attribution_shares_out_one_among_document_tokens(llama, read, policy):
    reading = read(llama, text(300), policy=policy, prefix=(5, 6, 7))
    cache = reading.caches[0]
    before = cache.keys.clone(), cache.length
    answer = generate(llama, cache, QUESTION, 6, stop=())
    weights = attribute(llama, cache, QUESTION, answer, HEADS).weights
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights) >= SINKS
    kept = set(cache.origins[[h.layer for h in HEADS], : cache.length].flatten().tolist())
    assert set(weights) <= kept
    assert cache.length == before[1]
    assert (cache.keys[:, :, :, : cache.length] == before[0][:, :, :, : cache.length]).all()
    other = attribute(llama, cache, QUESTION, [*answer[:-1], answer[-1] ^ 1], HEADS)
    assert other.weights != weights


def test_attribution_of_nothing_is_nothing(llama, read):
    reading = read(llama, text(SINKS))
    nothing = attribute(llama, reading.caches[0], QUESTION, [], HEADS)
    assert (nothing.weights, nothing.likelihood) == ({}, 0.0)


@contextmanager
def eager(model) -> Iterator[None]:
    """Attention that takes a mask of any shape."""
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    yield
    model.set_attn_implementation(before)


def log_likelihood(backbone, prefix, document, answer, hidden) -> float:
    """Nats per answer token by transformers' own forward, the document's `hidden` tokens masked."""
    ids = torch.tensor([*prefix, *document, *QUESTION.ids, *answer])
    first = len(prefix) + len(document)
    seen = torch.ones(len(ids), len(ids)).tril().bool()
    for origin in hidden:
        seen[first:, len(prefix) + origin] = False
    mask = torch.zeros(seen.shape).masked_fill(~seen, float("-inf"))[None, None]
    with torch.inference_mode():
        logits = backbone.model(input_ids=ids[None], attention_mask=mask, use_cache=False).logits[0]
    given = logits.log_softmax(-1)[-len(answer) - 1 : -1]
    return float(given.gather(1, torch.tensor(answer)[:, None]).mean())


@pytest.mark.parametrize("hidden", [set(), {7}, set(range(10, 60)), set(range(90))])
def test_the_likelihood_is_that_of_the_model_without_what_is_hidden(llama, read, hidden):
    prefix, document, answer = (5, 6, 7), text(90), [3, 99, 40, 7] * 12
    cache = read(llama, document, policy="citrus", prefix=prefix, budget=100).caches[0]
    before = cache.keys.clone()
    with eager(llama.model):
        expected = log_likelihood(llama, prefix, document, answer, hidden)
    got = likelihood_without(llama, cache, QUESTION, answer, hidden)
    assert got == pytest.approx(expected, abs=2e-4)
    if not hidden:
        assert attribute(llama, cache, QUESTION, answer, HEADS).likelihood == pytest.approx(got)
    assert (cache.keys == before).all()


def test_what_a_question_finds_is_its_attention_to_the_document(llama, read):
    reading = read(llama, text(90), policy="citrus", prefix=(5, 6, 7), budget=100)
    cache = reading.caches[0]
    attention = words_attention(llama, cache, QUESTION)
    first = len((5, 6, 7)) + SINKS
    each = [float(attention[h.layer, h.head, first:].sum()) for h in HEADS]
    expected = sum(h.weight * one for h, one in zip(HEADS, each, strict=True))
    share = found_share(llama, cache, QUESTION, HEADS)
    assert share == pytest.approx(expected / sum(h.weight for h in HEADS))
    assert 0 < share < 1
    of_answer = words_attention(llama, cache, QUESTION, [3, 99])
    assert found_share(llama, cache, QUESTION, HEADS, [3, 99]) != share
    assert (of_answer != attention).any()
    assert found_share(llama, read(llama, text(SINKS)).caches[0], QUESTION, HEADS) == 0


@pytest.mark.parametrize("words", ["plain words", "naïve – 5 €", "日本語 text", "a<|im_end|>b"])
def test_spans_say_which_characters_a_token_stands_for(words):
    encoder = PlainEncoder(make_tokenizer())
    spans = encoder.spans(words)
    assert len(spans) == len(encoder.encode(words))
    covered = {i for start, end in spans for i in range(start, end)}
    assert covered == set(range(len(words)))
    assert all(a[0] <= b[0] for a, b in itertools.pairwise(spans))


def test_of_parts_that_are_not_wanted_no_text_is_read(document, monkeypatch):
    tokens = DocumentTokens(open_documents([document]), PlainEncoder(make_tokenizer()))
    for _ in tokens:
        pass
    everything = list(tokens.log.parts(["log.txt"]))
    wanted = everything[7].pieces[0]
    read = []
    text = TextLog.text
    monkeypatch.setattr(TextLog, "text", lambda log, piece: read.append(piece) or text(log, piece))
    assert list(tokens.log.parts(["log.txt"], having={wanted})) == [everything[7]]
    assert read == list(everything[7].pieces)


def test_the_log_finds_the_text_of_every_token(document):
    encoder = PlainEncoder(make_tokenizer())
    with open_documents([document])[0] as opened:
        tokens = DocumentTokens([opened], encoder)
        ids = [i for run in tokens for i in run]
    rng = random.Random(0)
    for origin in rng.sample(range(len(ids)), 200):
        piece = tokens.log.piece(origin)
        words = tokens.log.text(piece)
        assert encoder.encode(words)[origin - piece.origin] == ids[origin]
        assert piece.place == tokens.pages.place(origin)
    pages = list(tokens.log.pages(["log.txt"]))
    assert [page.page for page in pages] == list(range(1, 31))
    assert all(f"day {page.page - 1}." in page.text for page in pages)
    parts = list(tokens.log.parts(["log.txt"], longest=1))
    assert "".join(part.page.text for part in parts) == "".join(page.text for page in pages)


def test_pages_by_share():
    pages = PageMap()
    for start, page in ((0, 1), (10, 2), (20, 2), (30, 3)):
        pages.add(start, Place(0, page, None))
    assert len(pages.runs()) == 3
    assert pages.place(29) == Place(0, 2, None)
    shares = pages.shares([0, 12, 25, 29])
    assert [(place.page, share) for place, share in shares] == [(2, 0.75), (1, 0.25)]


@pytest.mark.parametrize("policy", ["citrus", "index"])
def test_evidence_quotes_the_document_letter_by_letter(model, document, policy):
    answer = make_qa(model, policy=policy).ask(document, "What happened on day 7?")
    assert answer.evidence
    with open_documents([document])[0] as opened:
        pages = {}
        for block in opened.blocks():
            pages[block.page] = pages.get(block.page, "") + block.text
    for one in answer.evidence:
        assert one.document == str(document)
        assert pages[one.page][one.start : one.end] == one.quote
        assert one.verified
        assert one.quote.startswith("Nothing")
    scores = [one.score for one in answer.evidence]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) <= 1 + 1e-6


def test_evidence_in_a_long_page_is_counted_from_its_start(model, tmp_path, monkeypatch):
    """Plain text is one page, however long; only a part of it is looked at at a time."""
    path = tmp_path / "long.txt"
    path.write_text("".join(f"Nothing happened on day {day}, said {day}.\n" for day in range(1000)))
    whole = make_qa(model).ask(path, "What happened on day 907?").evidence
    monkeypatch.setattr(sourcing._parts, "__kwdefaults__", {"longest": 7_000})
    with open_documents([path])[0] as opened:
        text = "".join(block.text for block in opened.blocks())
    for one in (*whole, *make_qa(model).ask(path, "What happened on day 907?").evidence):
        assert text[one.start : one.end] == one.quote
    assert max(one.start for one in whole) > 7_000


def uneven(random_: random.Random, lines: int) -> str:
    """Text with runs of blank lines, and lines of which nothing is left when they are cleaned."""
    blank = ["", "  ", "\t", "\u200b", "\ufeff ", "\r"]
    return "\n".join(
        f"Nothing of note happened here on day {number}, it says."
        if random_.random() < 0.6
        else random_.choice(blank)
        for number in range(1, lines + 1)
    )


@pytest.mark.parametrize("longest", [7_000, 1 << 18])
def test_a_text_without_pages_is_cited_by_its_lines(model, tmp_path, monkeypatch, longest):
    """Blank lines are left out of what is read, and counted all the same."""
    monkeypatch.setattr(sourcing._parts, "__kwdefaults__", {"longest": longest})
    path = tmp_path / "notes.txt"
    path.write_bytes(uneven(random.Random(longest), 700).encode())
    source = path.read_text().split("\n")
    qa = make_qa(model)
    live = qa.ask(path, "What happened on day 7?").evidence
    piped = qa.ask("-", "What happened on day 7?", stdin=io.BytesIO(path.read_bytes())).evidence
    stored = make_qa(model).ask(path, "What happened on day 7?")
    assert stored.from_store
    for evidence in (live, piped, stored.evidence):
        assert evidence
        for one in evidence:
            quoted = one.quote.splitlines()
            assert quoted[0].strip() in source[one.line - 1]
            assert quoted[-1].strip() in source[one.last_line - 1]
    assert max(one.line for one in live) > 100


def test_every_character_knows_its_line(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text(uneven(random.Random(3), 3000))
    source = path.read_text().split("\n")
    tokens = DocumentTokens(open_documents([path]), PlainEncoder(make_tokenizer()))
    for _ in tokens:
        pass
    log, seen = tokens.log, 0
    for part in log.parts([str(path)], longest=30_000):
        for match in re.finditer(r"[^\n]*day (\d+), it says", part.page.text):
            line = log.line(part, part.start + match.start())
            assert line == log.line(part, part.start + match.end())
            assert f"day {match[1]}," in source[line - 1]
            seen += 1
    assert seen == sum("day" in line for line in source)


def test_a_text_with_pages_has_no_lines(model, document):
    for one in make_qa(model).ask(document, "What happened on day 7?").evidence:
        assert (one.line, one.last_line) == (None, None)


def test_evidence_from_the_store_is_that_of_a_reading(model, document):
    afresh = make_qa(model, store=False).ask(document, "What happened on day 7?")
    make_qa(model).index(document)
    stored = make_qa(model).ask(document, "What happened on day 7?")
    assert stored.from_store
    assert stored.evidence == afresh.evidence
    assert stored.claims == afresh.claims


def test_several_documents_are_told_apart(model, document, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("It rained all day in Tromsø.\n" * 40)
    answer = make_qa(model).ask([document, other], "Where did it rain?")
    texts = {str(document): "Nothing happened", str(other): "It rained"}
    assert answer.evidence
    for one in answer.evidence:
        assert texts[one.document] in one.quote


def test_sources_can_be_left_out(model, document):
    answer = make_qa(model, evidence=False).ask(document, "What?")
    assert answer.evidence == ()
    assert answer.claims == ()


def test_what_an_answer_claims_is_looked_up(model, document, monkeypatch):
    qa = make_qa(model)
    stream = "citrus_cli.answering.TextStream"

    class Said:
        def __init__(self, tokenizer):
            self.text = "On day 7 and on 31 May it cost 4,000 crowns."

        def push(self, token):
            return ""

    monkeypatch.setattr(stream, Said)
    found = {claim.text: claim for claim in qa.ask(document, "What did it cost?").claims}
    assert found["7"].found
    assert found["7"].places[0] == (str(document), 8)
    missing = [claim.text for claim in found.values() if not claim.found]
    assert any("4,000" in text for text in missing)
    assert any("31 May" in text for text in missing)


def test_support_is_what_the_answer_loses_without_its_sources(model, document):
    answer = make_qa(model, explain=True).ask(document, "What happened on day 7?")
    support = answer.support
    assert support is not None
    assert support.likelihood < 0
    assert 0 <= support.score <= 1
    assert support.level in ("strong", "some", "weak")
    drops = [one.drop for one in answer.evidence]
    assert drops
    assert all(isinstance(drop, float) and math.isfinite(drop) for drop in drops)
    if len(drops) == 1:
        assert drops[0] == pytest.approx(support.drop)
    plain = make_qa(model).ask(document, "What happened on day 7?")
    assert plain.support == support
    assert [one.drop for one in plain.evidence] == [None] * len(drops)
    assert make_qa(model, evidence=False).ask(document, "What?").support is None


@pytest.mark.parametrize("policy", ["citrus", "streaming"])
def test_a_question_that_finds_nothing_is_not_answered(model, document, policy):
    def ask(threshold: float, **settings):
        qa = make_qa(model, **{"policy": policy, "always_answer": False, **settings})
        runner = qa.runner()
        runner.retrieval = Retrieval(runner.heads, threshold)
        return qa.ask(document, "What happened on day 7?")

    refused, answered = ask(1.0), ask(0.0)
    assert (refused.found, answered.found) == (False, True)
    assert refused.answer == NOT_FOUND
    assert refused.answer_tokens == 0
    assert refused.support is None
    assert refused.claims == ()
    assert refused.evidence  # what comes nearest
    assert not refused.supported
    anyway = ask(1.0, always_answer=True)
    assert not anyway.found
    assert not anyway.supported
    assert anyway.answer == answered.answer
    assert ask(1.0, evidence=False).answer == NOT_FOUND
    assert ask(1.0, evidence=False, always_answer=True).found  # nobody wanted to know
    assert ask(1.0).to_dict()["found"] is False


def test_levels_of_support_follow_the_evidence():
    scores = [support(drop, -0.5, 0.4).score for drop in (-1.0, 0.0, 0.5, 1.0, 3.0, 9.0)]
    assert scores[-1] == scores[-2]
    assert scores == sorted(scores)
    levels = [support(1.0, given, 0.3).level for given in (-2.0, -0.35, -0.01)]
    assert levels == ["weak", "some", "strong"]
    assert support(1.0, -0.5, 0.4).score > support(1.0, -0.5, 0.2).score


def test_a_doubtful_answer_is_held_back_until_it_has_been_judged(model, document):
    heard: list[str] = []

    def listen(event) -> None:
        if isinstance(event, Writing):
            heard.append(event.text)

    qa = make_qa(model, policy="citrus", always_answer=False, on_event=listen)
    runner = qa.runner()
    runner.retrieval = Retrieval(runner.heads, 0.0)
    aloud = qa.ask(document, "What happened on day 7?")
    pieces, heard[:] = [*heard], []
    # a random model may stop within a character, which is not said aloud
    cut_off = "\ufffd"
    assert "".join(pieces).strip().rstrip(cut_off) == aloud.answer.rstrip(cut_off) != ""
    assert len(pieces) > 1
    with pytest.MonkeyPatch.context() as patch:
        # the question finds nothing, the answer does
        patch.setattr(
            basis, "found_share", lambda *given: 0.9 if len(given) > 4 and given[4] else 0.1
        )
        runner.retrieval = Retrieval(runner.heads, 0.5)
        held = qa.ask(document, "What happened on day 7?")
        assert (held.found, held.answer) == (True, aloud.answer)
        assert heard == [aloud.answer]
        patch.setattr(basis, "found_share", lambda *given: 0.1)
        heard.clear()
        assert qa.ask(document, "What happened on day 7?").answer == NOT_FOUND
        assert heard == []
