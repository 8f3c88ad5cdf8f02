"""CItruS with individual caches (arXiv 2406.12018, section 3.3)."""

from __future__ import annotations

from citrus_cli.engine.policies.citrus import Citrus
from citrus_cli.engine.policies.standard import Standard


class CitrusIndividual(Citrus):
    """The document is read through its own cache; each instruction keeps a selection beside it.

    `document_policy` evicts the document's cache. It does not know the question, so one reading
    serves many.
    """

    name = "citrus-individual"
    document_policy = Standard()
