"""From files, folders and standard input to clean text, each piece knowing its page.

`open_documents` looks at its sources and raises for those that cannot be read, before any model is
loaded; `Document.blocks` then reads one lazily, in memory that does not grow with it.
"""

from citrus_cli.documents.blocks import Block
from citrus_cli.documents.document import Document
from citrus_cli.documents.opening import open_documents

__all__ = ["Block", "Document", "open_documents"]
