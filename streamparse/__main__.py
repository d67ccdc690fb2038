"""`python -m streamparse`: the command line, see `streamparse.cli`."""

from __future__ import annotations

import sys

from streamparse.cli import main

if __name__ == "__main__":
    sys.exit(main())
