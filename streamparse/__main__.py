"""`python -m streamparse`: the command line, see `streamparse._cli`."""

from __future__ import annotations

import sys

from streamparse._cli import main

if __name__ == "__main__":
    sys.exit(main())
