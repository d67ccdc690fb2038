"""Fuzzes the parser of messages with mutated records of all APIs.

Only `StreamParseError` is raised, any chunking gives one answer, and a truncated stream completes
only calls that the whole stream completes.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("messages", "check_messages", "messages", module="messages")
