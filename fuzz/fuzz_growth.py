"""Fuzzes streams with a repeated record: work and memory are proportional to the records."""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("growth", "check_growth", "messages", module="growth")
