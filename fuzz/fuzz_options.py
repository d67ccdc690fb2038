"""For any bytes, with `many`, "stop", `select`, limits, clones and pickles: one outcome for all
cuts; exact remainders; a fork changes nothing. The last byte chooses which.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("options", "check_any_option", "json")
