"""For any stream of which a record is repeated: work and memory in proportion to the records."""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("growth", "check_growth", "messages", module="growth")
