"""For any text in the lenient dialect: a value or a `StreamParseError`; one outcome whole, by
characters, in random pieces, through forks; what is valid needs no repair.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("lenient", "check_lenient", "lenient")
