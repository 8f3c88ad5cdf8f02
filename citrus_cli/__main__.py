"""`python -m citrus_cli` is `citrus`."""

import sys

from citrus_cli.cli import main

if __name__ == "__main__":
    sys.exit(main())
