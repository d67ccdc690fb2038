"""For any text and some schemas: coercion gives one outcome whole, by characters, in random pieces
and through forks, and changes nothing that the schema accepts as it stands.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("coercion", "check_coercion", "lenient")
