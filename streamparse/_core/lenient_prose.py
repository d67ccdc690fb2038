"""Where in a text a value starts.

Rule 1: `{`, `[` and a quote start a value at the start of the input, of a fence and of a tag. Words
are prose there.
Rule 2: in prose only an object or an array starts a value, and only if the text after the bracket
confirms it: a key and a colon after `{`; an object, an array or a quoted item after `[`. An array
of numbers or literals must follow a line end, a fence, `:` or `=`. After an empty container the
sentence must end. So `[see note 1]`, `[1]`, `[x](y)`, `{name}` and `{}` in a sentence are prose.
Rule 3: at most `LOOK` characters decide; `UNDECIDED` asks for more of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from streamparse._core.lenient_strings import LOOK, blank_end, key_at, key_is_open

if TYPE_CHECKING:
    from mypy_extensions import i64

UNDECIDED: Final = 0
VALUE: Final = 1
PROSE: Final = 2
LONG: Final = 3  # a bracket whose end is too far away

# The only characters in prose that can begin a value, a fence or a tag.
CANDIDATE: Final = re.compile(r"[\[{<]|```+|~~~+|`{1,2}\Z|~{1,2}\Z")
# Between documents a line can begin a value too. One expression finds the first of them.
CANDIDATE_OR_LINE: Final = re.compile(r"[\[{<\n]|```+|~~~+|`{1,2}\Z|~{1,2}\Z")
FENCE: Final = re.compile(r"(`{3,20}|~{3,20})[ \t]{0,8}([\w+#.\-]{0,40})[ \t]{0,8}")
# The quotes that form a fence if they are written three times, and the closing fence.
FENCE_QUOTES: Final[dict[str, str]] = {"'": "'", '"': '"', "´": "´", "‘": "’", "“": "”"}
_QUOTE_LABEL: Final = re.compile(r"[ \t]{0,8}([A-Za-z][\w+#.\-]{0,40})?")
_OPEN_FENCE: Final = re.compile(r"(?:`{1,2}|~{1,2})\Z")
TAG: Final = re.compile(r"</?[|A-Za-z_][^<>\n{}\[\]]{0,100}>")
_OPEN_TAG: Final = re.compile(r"</?(?:[|A-Za-z_][^<>\n{}\[\]]{0,100})?\Z")
# Text in these tags is never the value.
_REASONING_ENDS: Final[dict[str, re.Pattern[str]]] = {
    f"</{name}>": re.compile(f"</{name}>", re.IGNORECASE | re.ASCII)
    for name in (
        "think",
        "thinking",
        "thought",
        "thoughts",
        "reasoning",
        "reflection",
        "scratchpad",
        "analysis",
    )
}
# The labels of blocks of code. Such a block is a value only if Rule 2 holds at its start.
_CODE: Final = frozenset(
    [
        "bash",
        "sh",
        "shell",
        "zsh",
        "console",
        "html",
        "xml",
        "css",
        "scss",
        "c",
        "cpp",
        "c++",
        "cs",
        "csharp",
        "c#",
        "java",
        "go",
        "golang",
        "rust",
        "rs",
        "ruby",
        "rb",
        "sql",
        "yaml",
        "yml",
        "toml",
        "ini",
        "diff",
        "make",
        "makefile",
        "dockerfile",
        "php",
        "kotlin",
        "swift",
        "r",
        "perl",
        "lua",
        "powershell",
        "ps1",
        "python",
        "py",
        "python3",
        "pycon",
        "javascript",
        "js",
        "jsx",
        "typescript",
        "ts",
        "tsx",
        "graphql",
        "latex",
        "tex",
        "markdown",
        "md",
        "mermaid",
    ]
)
_NESTED: Final = 8  # the depth to which nested arrays are checked
_SENTENCE: Final = re.compile(r"[^\r\n)\];,.`<:]")
_PLAIN: Final = re.compile(
    r"(?:[-+]?[0-9.][0-9.eE+\-_]*|[Tt]rue|[Ff]alse|null|None|NaN)[ \t\r\n]*([,\]])"
)
_OPEN_PLAIN: Final = re.compile(r"(?:[-+0-9.][0-9.eE+\-_]*|[A-Za-z]{1,5})[ \t\r\n]*\Z")
_QUOTED: Final = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|“[^”]*”|„[^“”]*[“”]|‘[^’]*’)[ \t\r\n]*([,\]])""",
    re.DOTALL,
)
_OPEN_QUOTED: Final = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*(?:\\|"\s*)?|'(?:[^'\\]|\\.)*(?:\\|'\s*)?|“[^”]*(?:”\s*)?|„[^“”]*(?:[“”]\s*)?|‘[^’]*(?:’\s*)?)\Z""",
    re.DOTALL,
)
_MEMBER: Final = re.compile(r'"[\w$\-]{1,64}"\s*:\s*(?:["\'{\[\d-]|[Tt]rue|[Ff]alse|null|None)')
_OPEN_MEMBER: Final = re.compile(
    r'"(?:[\w$\-]{1,64}(?:"\s*(?::\s*(?:[Tt]r?u?|[Ff]a?l?s?|nu?l?|No?n?)?)?)?)?\Z'
)
# A key and a value with a missing quote or colon between them.
_DAMAGED_KEY: Final = re.compile(
    r'"[\w$\-]{1,64}(?:\s*:\s*|"\s*(?:=>?\s*)?)(?:["{\[]|-?\d|(?:[Tt]rue|[Ff]alse|null|None)\b)'
)
_OPEN_DAMAGED_KEY: Final = re.compile(
    r'"(?:[\w$\-]{1,64}(?:\s*|\s*:\s*|"\s*(?:=>?\s*)?)(?:-|[A-Za-z]{0,5})?)?\Z'
)
_NOTE: Final = re.compile(r"\[{1,2}[ \t]*(?:[^\W\d][^\[\]{},\"'\n]*|[0-9]+)\]{1,2}")
_OPEN_NOTE: Final = re.compile(r"\[{1,2}[ \t]*(?:(?:[^\W\d][^\[\]{},\"'\n]*|[0-9]+)\]{0,2})?\Z")
_JSON: Final = re.compile(r"\[{1,2}[ \t]*(?:[0-9]+|true|false|null)[ \t]*\]")
_FIRST: Final = r"(?:[-+]?[0-9.]+|[Tt]rue|[Ff]alse|null|None)"
_TUPLE: Final = re.compile(rf"\(\s*(?:[\"'(\[{{]|{_FIRST}\s*,|\)\s*\Z)")
_OPEN_TUPLE: Final = re.compile(r"\(\s*(?:[-+0-9.]*|[A-Za-z]{1,5}|\))\s*\Z")


def reasoning_end(tag: str) -> str:
    """Return the tag that ends the reasoning that `tag` begins, or "" if it begins none."""
    ending = f"</{tag[1:].lower()}" if tag.isascii() else ""
    return ending if ending in _REASONING_ENDS else ""


def find_reasoning_end(text: str, pos: i64, ending: str) -> i64:
    """Return the position of the tag that `reasoning_end` returned, or -1."""
    # Not in a lower-case copy: it would copy all of the text, and some characters are longer in it.
    found = _REASONING_ENDS[ending].search(text, pos)
    return -1 if found is None else found.start()


def is_code(label: str) -> bool:
    """Whether a fence with this label holds code."""
    return label.lower() in _CODE


def fence_at(text: str, pos: i64, end: i64, final: bool) -> i64:
    """Return the position after the fence and label at `pos`; 0 if undecided, -1 if none."""
    found = FENCE.match(text, pos)
    if found is None:
        return -1 if final or _OPEN_FENCE.match(text, pos) is None else 0
    if found.end() == end and not final:
        return 0
    return found.end()


def quote_fence_at(text: str, pos: i64, end: i64, final: bool) -> i64:
    """Return the position of the bracket after the fence of three quotes at `pos`.

    The result is 0 if more text must decide, and -1 if no bracket follows, so that the quotes
    belong to a string.
    """
    limit = pos + LOOK if pos + LOOK < end else end
    more = end < pos + LOOK and not final
    quotes = text[pos] * 3
    if not text.startswith(quotes, pos):
        return 0 if more and quotes.startswith(text[pos:limit]) else -1
    found = _QUOTE_LABEL.match(text, pos + 3, limit)
    assert found is not None
    label = (found.group(1) or "").lower()
    place = blank_end(text, found.end(), limit)
    if place == limit:
        return 0 if more else -1
    if text[place] not in "{[" or is_code(label):
        return -1
    alone = not label or label.startswith("json") or "\n" in text[found.end() : place]
    return place if alone else -1


def tag_at(text: str, pos: i64, end: i64, final: bool) -> i64:
    """Return the position after the tag at `pos`; 0 if undecided, -1 if none."""
    found = TAG.match(text, pos)
    if found is not None:
        return found.end()
    if final or _OPEN_TAG.match(text, pos) is None:
        return -1
    return 0


def starts_array(text: str, pos: i64, end: i64, final: bool, many: bool) -> i64:
    """Whether the `[` at the start begins an array, and not a note in brackets."""
    limit = pos + LOOK
    more = end < limit and not final
    if end < limit:
        limit = end
    if many and _JSON.match(text, pos, limit) is not None:
        return VALUE  # another document may follow
    found = _NOTE.match(text, pos, limit)
    if found is None or (found.end() == limit and more):
        if more and _OPEN_NOTE.match(text, pos, limit) is not None:
            return UNDECIDED
        return VALUE
    place = found.end()
    behind = blank_end(text, place, limit)
    if behind == limit:
        return UNDECIDED if more else VALUE
    char = text[behind]
    if char.isalpha() or char in "{[(:":
        return PROSE
    return VALUE


def starts_members(text: str, pos: i64, end: i64, final: bool) -> i64:
    """Whether the quote at the start of a document opens a key of an object without `{`."""
    limit = pos + LOOK if pos + LOOK < end else end
    if _MEMBER.match(text, pos, limit) is not None:
        return VALUE
    more = end < pos + LOOK and not final
    return UNDECIDED if more and _OPEN_MEMBER.match(text, pos, limit) is not None else PROSE


def starts_tuple(text: str, pos: i64, end: i64, final: bool) -> i64:
    """Whether the `(` at the start begins a tuple."""
    limit = pos + LOOK
    more = end < limit and not final
    if end < limit:
        limit = end
    if more and _OPEN_TUPLE.match(text, pos, limit) is not None:
        return UNDECIDED
    return VALUE if _TUPLE.match(text, pos, limit) is not None else PROSE


def starts_group(text: str, pos: i64, end: i64, final: bool) -> i64:
    """Classify the `(` at `pos`.

    The result is `VALUE` for a group (an object or array in round brackets), `PROSE` for a tuple,
    and `LONG` if the end of the brackets is too far away.
    """
    limit = pos + LOOK if pos + LOOK < end else end
    more = end < pos + LOOK and not final
    place = blank_end(text, pos + 1, limit)
    if place == limit:
        return UNDECIDED if more else PROSE
    if text[place] not in "{[(":
        return PROSE
    level: i64 = 0
    quote = ""
    while place < limit:
        char = text[place]
        place += 1
        if quote:
            if char == "\\":
                place += 1
            elif char == quote:
                quote = ""
        elif char == '"' or char == "'":
            quote = char
        elif char in "{[(":
            level += 1
        elif char in "}])":
            level -= 1
            if level == 0:
                break
    if level == 0 and place <= limit:
        place = blank_end(text, place, limit)
        if place < limit:
            return VALUE if text[place] == ")" else PROSE
    if limit - pos == LOOK:
        return LONG
    return UNDECIDED if more else LONG


def holds_object(text: str, pos: i64, end: i64) -> bool:
    """Whether `{` follows the bracket at `pos`."""
    place = blank_end(text, pos + 1, end)
    return place < end and text[place] == "{"


def goes_on(text: str, pos: i64, end: i64, final: bool, before: str) -> i64:
    """Whether the bracket at `pos`, in prose that ends with `before`, starts a value."""
    limit = pos + LOOK
    more = end < limit and not final
    if end < limit:
        limit = end
    place = pos
    while text[place] == "[":
        if place - pos > _NESTED:
            return VALUE
        place = blank_end(text, place + 1, limit)
        if place == limit:
            return UNDECIDED if more else PROSE
        if text[place] not in "[{":
            return _array_goes_on(text, place, limit, more, before if place - 1 == pos else ":")
    return _object_goes_on(text, place, limit, more, before if place == pos else ":")


def _object_goes_on(text: str, pos: i64, limit: i64, more: bool, before: str) -> i64:
    place = blank_end(text, pos + 1, limit)
    while place < limit and text[place] in ",….":  # in place of members
        if text[place] == "." and not text.startswith("...", place):
            if more and "...".startswith(text[place:limit]):
                return UNDECIDED
            return PROSE
        place = blank_end(text, place + (3 if text[place] == "." else 1), limit)
    if place == limit:
        return UNDECIDED if more else PROSE
    char = text[place]
    if char == "<":
        if more and "<!--".startswith(text[place:limit]):
            return UNDECIDED
        return VALUE if text.startswith("<!--", place) else PROSE
    if char == "}":
        if text[place - 1] not in " \t\r\n{":
            return PROSE
        return _nothing_follows(text, place + 1, limit, more, before)
    if char == "/":
        if place + 1 == limit:
            return UNDECIDED if more else PROSE
        return VALUE if text[place + 1] in "/*" else PROSE
    if char == "#":
        if place + 1 == limit:
            return UNDECIDED if more else PROSE
        return VALUE if text[place + 1] == " " else PROSE
    result = key_at(text, place, limit, more)
    damaged = _DAMAGED_KEY.match(text, place, limit) if result == 0 else None
    if damaged is not None:
        # At the end of the text so far, a literal may be the beginning of a longer word.
        open_word = more and damaged.end() == limit and text[limit - 1].isalpha()
        return UNDECIDED if open_word else VALUE
    if result == 0 and more and _OPEN_DAMAGED_KEY.match(text, place, limit) is not None:
        return UNDECIDED
    if result == 0 and limit - pos == LOOK and char in "\"'“„‘" and key_is_open(text, place, limit):
        return VALUE  # a long key
    return UNDECIDED if result < 0 else VALUE if result else PROSE


def _array_goes_on(text: str, pos: i64, limit: i64, more: bool, before: str) -> i64:
    char = text[pos]
    if char == "]":
        return _nothing_follows(text, pos + 1, limit, more, before)
    if char in "\"'“„‘":
        found = _QUOTED.match(text, pos, limit)
        if found is None:
            if _OPEN_QUOTED.match(text, pos, limit) is None:
                return PROSE
            return UNDECIDED if more else VALUE
        if found.group(1) == ",":
            return VALUE
        if found.end() == limit:
            return UNDECIDED if more else VALUE
        return PROSE if text[found.end()] in "(:" else VALUE
    found = _PLAIN.match(text, pos, limit)
    if found is None:
        if more and _OPEN_PLAIN.match(text, pos, limit) is not None:
            return UNDECIDED
        return PROSE
    if before not in ("", ":", "=", "\n", ">", "`"):
        return PROSE
    if found.group(1) == ",":
        return VALUE
    return _nothing_follows(text, found.end(), limit, more, before)


def _nothing_follows(text: str, pos: i64, limit: i64, more: bool, before: str) -> i64:
    """Return `VALUE` if the sentence ends at `pos`."""
    place = pos
    while place < limit and text[place] in " \t":
        place += 1
    if place == limit:
        return UNDECIDED if more else VALUE
    if text[place] == "`" and before not in ("`", "\n"):
        ticks = text[place : place + 3]
        if more and place + 3 > limit and "```".startswith(ticks):
            return UNDECIDED
        return VALUE if ticks == "```" else PROSE  # the end of a fence, or of a span of code
    return PROSE if _SENTENCE.match(text, place) is not None else VALUE
