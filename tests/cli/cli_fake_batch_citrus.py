"""`citrus batch` with the fake API, for tests that need real pipes, terminals and signals."""

from __future__ import annotations

import sys

from cli_fake_batch import FakeBatchQA

from citrus_cli.cli import main
from citrus_cli.cli.batch import command as batch

batch.load_document_qa = lambda: FakeBatchQA  # type: ignore[assignment, return-value]

if __name__ == "__main__":
    sys.exit(main())
