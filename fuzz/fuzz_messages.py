"""For any records of any wire, spoilt in ways that keep them JSON: no exception but ours; one
answer for all cuts; what a cut stream completes the whole one completes too, and nothing sooner.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("messages", "check_messages", "messages", module="messages")
