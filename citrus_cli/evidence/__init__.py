"""From weights on text back to passages, and from an answer back to where its facts stand.

Text and numbers: nothing here needs a model.
"""

from citrus_cli.evidence.model import Claim, Evidence, PageText, ScoredPage
from citrus_cli.evidence.passages import passages
from citrus_cli.evidence.sentences import sentences
from citrus_cli.evidence.support import Support, support
from citrus_cli.evidence.verify import claims, find_quote, quote_stands

__all__ = [
    "Claim",
    "Evidence",
    "PageText",
    "ScoredPage",
    "Support",
    "claims",
    "find_quote",
    "passages",
    "quote_stands",
    "sentences",
    "support",
]
