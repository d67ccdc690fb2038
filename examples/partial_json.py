"""Watch a JSON document while it arrives.

    python examples/partial_json.py [FILE]

The file is cut into pieces as small as a model's deltas. First comes the value as it grows, after
each of the first pieces; then, for the rest, what has just become complete. The number in front
counts the characters read so far.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamparse import JSONParser, ValueCompleted, normalized_path

PIECE = 6  # characters
GROWTH = 24  # pieces after which the growing value is shown
WIDTH = 60


def pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), PIECE):
        yield text[start : start + PIECE]


def cut(value: Any) -> str:
    """One short line of JSON, without the middle of what is long."""
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= WIDTH else f"{line[: WIDTH // 2]} … {line[-WIDTH // 2 :]}"


def main(file: Path) -> None:
    parser = JSONParser()
    read = 0
    for number, piece in enumerate(pieces(file.read_text(encoding="utf-8"))):
        events = parser.feed(piece)
        read += len(piece)
        if number < GROWTH:
            print(f"{read:5}  {cut(parser.value)}")
            continue
        for event in events:
            match event:
                case ValueCompleted(path, value) if len(path) <= 2:
                    print(f"{read:5}  {normalized_path(path)} = {cut(value)}")
    parser.finish()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).with_name("trip.json"))
