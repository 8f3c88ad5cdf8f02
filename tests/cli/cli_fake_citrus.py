"""`citrus` with the fake API: a program for tests that need real pipes, terminals and signals."""

from __future__ import annotations

import sys

from cli_fake_api import FakeDocumentQA
from cli_fake_comparing import FakeComparing

from citrus_cli.cli import main
from citrus_cli.cli.ask import command as ask
from citrus_cli.cli.chat import command as chat
from citrus_cli.cli.compare import command as compare

ask.load_document_qa = lambda: FakeDocumentQA  # type: ignore[assignment, return-value]
chat.load_document_qa = ask.load_document_qa
compare.load_document_qa = ask.load_document_qa
compare.load_comparing = lambda: FakeComparing  # type: ignore[assignment, return-value]

if __name__ == "__main__":
    sys.exit(main())
