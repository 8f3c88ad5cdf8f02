"""CItruS with individual caches (arXiv 2406.12018, section 3.3)."""

from __future__ import annotations

from citrus_cli.engine.policies.base import Candidates
from citrus_cli.engine.policies.citrus import Citrus
from citrus_cli.engine.policies.heads import CitrusHeads, share_found
from citrus_cli.engine.policies.standard import Standard
from citrus_cli.engine.policies.streaming import Streaming


class CitrusIndividual(Citrus):
    """The document is read through its own cache; each instruction keeps a selection beside it.

    `document_policy` evicts the document's cache. It does not know the question, so one reading
    serves many.
    """

    name = "citrus-individual"
    document_policy = Standard()


class CitrusHeadsIndividual(CitrusHeads):
    """`citrus-heads` with individual caches. Not in the paper.

    The document's own cache keeps sinks and the most recent states, however large the budget is: so
    its states depend on nothing that may change between questions, and can be stored. The heads
    judge gathered states many at a time, since they find them again later as well as at once.
    """

    name = "citrus-heads-individual"
    document_policy = Streaming()
    document_budget = 768
    lag = 768


class CitrusReread(CitrusHeadsIndividual):
    """What `citrus-heads-individual` finds, read afresh. Not in the paper.

    Kept states carry what they saw when they were read, and lie in pieces. Read afresh, the same
    tokens see each other alone, and are answered better from.

    A question that finds next to nothing names nothing in the document: it is about the whole, a
    summary or a reason, and its answer is not narrowed to a focus.
    """

    name = "citrus-reread"
    rereads = True

    def focuses(self, candidates: Candidates) -> bool:
        """Whether the question finds something (`Retrieval.found`)."""
        assert candidates.attention is not None
        origins = candidates.origins
        share = share_found(self.heads, candidates.attention, lambda one: origins[one.layer])
        return share >= self.found


class CitrusHeadsWide(CitrusHeadsIndividual):
    """`citrus-heads-individual` without focus: the answer attends to all that was kept.

    For questions whose answer is spread over a document, and models that a wide view does not
    distract.
    """

    name = "citrus-heads-wide"
    focus = None
