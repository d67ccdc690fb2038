"""Decides where a string ends if its quotes may be wrong, by the text after the quote.

Rule 1: the text after a quote, at most `LOOK` characters, decides. The result is `UNDECIDED` only
while a longer text could change it, so it does not depend on chunking.
Rule 2: a quote ends its string if text follows that may follow a string. Once a quote of the string
has been kept as text, more is needed: a key with its colon, an item with both of its quotes, or the
closers of the open containers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_extensions import i64

# The length of the lookahead, in characters.
LOOK: Final = 128

# The roles of a quote.
UNDECIDED: Final = 0
ENDS: Final = 1  # the end of the string
INNER: Final = 2  # a character of the string
DOUBLED: Final = 3  # the second one of two that open the string
TRIPLED: Final = 4  # the second one of three that open the string
ENDS_DOUBLED: Final = 5  # the first one of two that end the string
JOINED: Final = 6  # the string continues after '+' and another quote
APOSTROPHE: Final = 7  # a character of a word
AMONG_WORDS: Final = 8  # undecided while only words follow

# The roles of a string.
KEY: Final = 0
MEMBER: Final = 1
ITEM: Final = 2
ROOT: Final = 3
ROOT_OF_MANY: Final = 4

# The characters that may close a string, by its opening quote. A backslash is an escaped quote.
CLOSING: Final[dict[str, str]] = {
    '"': '"',
    "'": "'",
    "`": "`´'",
    "´": "´`'",
    "“": '”“"',
    "”": '”"',
    "„": '“”"',
    "‘": "’‘'",
    "’": "’'",
    "«": "»",
    "\\": "\\",
}
OPENING_CODES: Final[dict[str, str]] = {
    "'": "single_quotes",
    "`": "single_quotes",
    "´": "single_quotes",
    "“": "smart_quotes",
    "”": "smart_quotes",
    "„": "smart_quotes",
    "‘": "smart_quotes",
    "’": "smart_quotes",
    "«": "smart_quotes",
    "\\": "escaped_quotes",
}
# The colon and commas of Chinese and Japanese, which may separate keys and values.
WIDE_COLON: Final = "\uff1a"
WIDE_COMMAS: Final = "\uff0c\u3001"
# The prefixes of strings in Python and C#, in lower case.
_PREFIXES: Final = frozenset(
    ["b", "f", "u", "t", "r", "br", "rb", "fr", "rf", "tr", "rt", "$", "@", "$@", "@$"]
)
_PREFIX: Final = r"(?:[bfut]?r|r?[bft]|u|\$@?|@\$?)"
_PREFIX_AT: Final = re.compile(rf"""{_PREFIX}["']\S""", re.IGNORECASE)
_OPEN_PREFIX_AT: Final = re.compile(rf"""{_PREFIX}["']?\Z""", re.IGNORECASE)
# The text after the prefix of a string that is a value: the string and the end of the value.
_PREFIXED: Final = re.compile(r"""(["'])[^"'\\\n]*\1[ \t]*[,}\]\r\n]""")
_OPEN_PREFIXED: Final = re.compile(r"""(["'])[^"'\\\n]*(?:\1[ \t]*)?\Z""")
# The characters that may follow a value at once.
BEHIND_VALUE: Final = " \t\r\n,}])"
# The end of a run of plain characters, by the opening quote of the string.
RUN_ENDS: Final[dict[str, re.Pattern[str]]] = {
    quote: re.compile(f"[{re.escape(closing)}\\\\\\x00-\\x1f\\ud800-\\udfff]")
    for quote, closing in CLOSING.items()
}
# A colon in a key may mean that the quote before it is missing.
KEY_RUN_ENDS: Final[dict[str, re.Pattern[str]]] = {
    quote: re.compile(f"[:{re.escape(closing)}\\\\\\x00-\\x1f\\ud800-\\udfff]")
    for quote, closing in CLOSING.items()
}

# White space that is not white space in JSON.
OTHER_SPACE: Final = (
    "\v\f\xa0\ufeff\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u2028\u2029\u202f\u205f\u2060\u3000"
)
_SPACE: Final = f"[ \t\r\n{OTHER_SPACE}]"
_BLANK: Final = re.compile(f"{_SPACE}*")
# No part of these can match a text in two ways; the time would double with every comment.
_IN_COMMENT: Final = r"/\*(?:[^*]|\*(?!/))*"
_GAP: Final = rf"(?:{_SPACE}|{_IN_COMMENT}\*/)*"
# The characters that end words: a quote, the syntax of a container, a line end.
WORD_STOPS: Final[dict[str, re.Pattern[str]]] = {
    closing: re.compile(f"[{re.escape(closing)},}}\\]:\n]") for closing in CLOSING.values()
}
KEY_STOPS: Final[dict[str, re.Pattern[str]]] = {
    closing: re.compile(f"[{re.escape(closing)}\n]") for closing in CLOSING.values()
}
QUOTE_STOPS: Final[dict[str, re.Pattern[str]]] = {
    closing: re.compile(f"[{re.escape(closing)}]") for closing in CLOSING.values()
}
_ESCAPED_BLANK: Final = re.compile(rf"(?:{_SPACE}|\\[nrt])*")
_DOUBLE: Final = r'"(?:[^"\\\n]|\\.)*'
_SINGLE: Final = r"'(?:[^'\\\n]|\\.)*"
_SMART: Final = r"(?:[“”„][^“”„\n]*|[‘’][^‘’\n]*|«[^»\n]*)"
_SMART_END: Final = "[“”‘’»]"
_ESCAPED: Final = r'\\"[^"\\\n]*'
_TWICE: Final = r'""[^"\\\n]+'
_NAME: Final = r"[^\W\d][\w$.\-]*|[$][\w$.\-]*|[0-9]+"
_KEY: Final = re.compile(
    rf"""(?:{_DOUBLE}"|{_SINGLE}'|{_SMART}{_SMART_END}|{_ESCAPED}\\"|{_TWICE}""?){_GAP}[:\uff1a]|(?:{_NAME})["']?{_GAP}[:\uff1a](?!/)""",
    re.DOTALL,
)
_OPEN_GAP: Final = rf"{_GAP}(?:/|{_IN_COMMENT})?"
_OPEN_KEY: Final = re.compile(
    rf"""(?:{_DOUBLE}(?:\\|"{_OPEN_GAP})?|{_SINGLE}(?:\\|'{_OPEN_GAP})?|{_SMART}(?:{_SMART_END}{_OPEN_GAP})?"""
    rf"""|"|{_TWICE}(?:""?{_OPEN_GAP})?"""
    rf"""|\\|{_ESCAPED}(?:\\|\\"{_OPEN_GAP})?|(?:{_NAME}|[$])["']?{_OPEN_GAP}:?)\Z""",
    re.DOTALL,
)
_QUOTED: Final = rf"""(?:{_DOUBLE}"|{_SINGLE}'|{_SMART}{_SMART_END})"""
_ITEM: Final = re.compile(rf"{_QUOTED}{_SPACE}*[,\]}})]", re.DOTALL)
_OPEN_ITEM: Final = re.compile(
    rf"""(?:{_DOUBLE}\\?|{_SINGLE}\\?|{_SMART}|{_QUOTED}{_SPACE}*)\Z""", re.DOTALL
)
# White space longer than any indentation is not held back in a string.
BLANK_TAIL: Final = 48
# These match no part of a valid document, because a word follows the quote directly.
_NEXT_KEY: Final = re.compile(
    r"""["'“”‘][\w$@][^"'“”\\\n:,{}\[\]]{0,63}["'“”’]\s*:"""
    r"""\s*(?:["'“‘{\[(+.\d-]|(?:[Tt]rue|[Ff]alse|null|None|NaN|Infinity|undefined)\b)"""
)
_OPEN_NEXT_KEY: Final = re.compile(
    r"""["'“”‘](?:[\w$@][^"'“”\\\n:,{}\[\]]{0,63}(?:["'“”’]\s*(?::\s*[A-Za-z]{0,9})?)?)?\Z"""
)
_ITEM_TEXT: Final = r"""(?:[^"“”\\\n]|\\.)*"""
_INNER_ITEM: Final = re.compile(rf"""["'“”‘]\w{_ITEM_TEXT}["'“”’]\s*[,\]]""")
_OPEN_INNER_ITEM: Final = re.compile(rf"""["'“”‘](?:\w{_ITEM_TEXT}(?:\\|["'“”’]\s*)?)?\Z""")
_SCALAR: Final = (
    r"(?:-?[0-9][0-9.eE+\-]*|[Tt]rue|[Ff]alse|null|None|NaN|-?Infinity)[ \t]*(?:[,}\]\r\n]|\Z)"
)
_GLUED_VALUE: Final = re.compile(_SCALAR)
_OPEN_GLUED_VALUE: Final = re.compile(r"-?[0-9.eE+\-]*[ \t]*\Z|-?[A-Za-z]{1,9}[ \t]*\Z")
_VALUE_BEHIND_COLON: Final = re.compile(rf":\s*(?:{_SCALAR}|[\[{{\"])")
_QUOTED_VALUE: Final = re.compile(r"\"[^\"\\\n]*\"\s*[,}]")
_OPEN_QUOTED_VALUE: Final = re.compile(r"\"(?:[^\"\\\n]*(?:\"\s*)?)?\Z")
_NO_WORDS: Final = re.compile(r"[,}\]{\[\"\n`<]")
_IN_LINE_COMMENT: Final = r"(?://|\#)[^\n]*"
_JOINT_GAP: Final = rf"(?:\s|{_IN_COMMENT}\*/|{_IN_LINE_COMMENT}\n)*"
_JOINT: Final = re.compile(rf"{_JOINT_GAP}\+{_JOINT_GAP}[\"'“]")
_OPEN_JOINT: Final = re.compile(
    rf"{_JOINT_GAP}(?:\+{_JOINT_GAP})?(?:/|{_IN_COMMENT}\*?|{_IN_LINE_COMMENT})?\Z"
)
_LITERAL: Final = re.compile(r"(?:[Tt]rue|[Ff]alse|null|None|NaN|Infinity|undefined)\b")
_OPEN_WORD: Final = re.compile(r"[\w.]*\Z")
# A remark in round brackets. In an array it begins with a letter; numbers may be a tuple.
_REMARK: Final = re.compile(r"""\([^(){}\[\]"'`\n]*\)""")
_OPEN_REMARK: Final = re.compile(r"""\([^(){}\[\]"'`\n]*\Z""")
_CALL: Final = re.compile(r"[^\W\d][\w.]*\(")
_WORD: Final = re.compile(r"[\w$]+")


def undecided(pos: i64) -> i64:
    """Return the result of a reading method that needs more text after `pos`: `-1 - pos`."""
    return -1 - pos


def is_prefix(token: str) -> bool:
    """Whether `token` is the prefix of a string in Python or C#."""
    return token.lower() in _PREFIXES


def raw_kind(prefix: str) -> str:
    """Return how to read backslashes in a string with this prefix.

    The result is "r" if a backslash and a quote after it are text, "@" if a backslash is text, and
    "" if backslashes begin escapes.
    """
    if "@" in prefix:
        return "@"
    return "r" if "r" in prefix.lower() else ""


def prefixed_at(text: str, pos: i64, limit: i64, more: bool) -> i64:
    """Return 1 if a simple string at `pos` is a whole value, 0 if not, -1 if it is incomplete."""
    if _PREFIXED.match(text, pos, limit) is not None:
        return 1
    return -1 if more and _OPEN_PREFIXED.match(text, pos, limit) is not None else 0


def key_at(text: str, pos: i64, limit: i64, more: bool) -> i64:
    """Return 1 if a key and its colon stand at `pos`, 0 if not, -1 if `more` text must decide."""
    found = _KEY.match(text, pos, limit)
    if found is not None:
        if more and found.end() == limit and text[pos] not in "\"'“”„‘’«\\":
            return -1  # a second slash would make it an address
        return 1
    if more and (pos == limit or _OPEN_KEY.match(text, pos, limit) is not None):
        return -1
    return 0


def key_is_open(text: str, pos: i64, limit: i64) -> bool:
    """Whether a key begins at `pos` and has not ended at `limit`."""
    return _OPEN_KEY.match(text, pos, limit) is not None


def _item_at(text: str, pos: i64, limit: i64, more: bool) -> i64:
    """Return 1 if an item in quotes stands at `pos`, 0 if not, -1 if `more` text must decide."""
    if _ITEM.match(text, pos, limit) is not None:
        return 1
    if more and (pos == limit or _OPEN_ITEM.match(text, pos, limit) is not None):
        return -1
    return 0


def blank_end(text: str, pos: i64, limit: i64) -> i64:
    """Return the position after the white space at `pos`."""
    if pos < limit and 32 < ord(text[pos]) < 127:
        return pos
    found = _BLANK.match(text, pos, limit)
    return pos if found is None else found.end()


def tail_start(text: str, pos: i64, stop: i64) -> i64:
    """Return the start of the brackets, commas and spaces at the end of a run."""
    while stop > pos and ends_text(ord(text[stop - 1])):
        stop -= 1
    return stop


def ends_text(char: i64) -> bool:
    """Whether the character is one of `,}]{[` or a space, which may be after the open string."""
    if char < 91:
        return char == 32 or char == 44
    return char == 125 or char == 93 or char == 123 or char == 91


def tail_end(text: str, pos: i64, end: i64) -> i64:
    """Return the end of the brackets, commas and white space at `pos`."""
    limit = pos + LOOK if pos + LOOK < end else end
    while pos < limit:
        char: i64 = ord(text[pos])
        if not ends_text(char) and char != 10 and char != 13 and char != 9:
            break
        pos += 1
    return pos


def is_blank(text: str, pos: i64, end: i64) -> bool:
    """Whether the white space at `pos` is so long that it is text of a string."""
    return pos + BLANK_TAIL <= end and not text[pos : pos + BLANK_TAIL].strip(" \t\r\n")


def next_key_at(text: str, pos: i64, limit: i64, more: bool) -> i64:
    """Return 1 if the quote at `pos` opens a key before a value, 0 if not, -1 if undecided."""
    found = _NEXT_KEY.match(text, pos, limit)
    if found is not None:
        # At the end of the text so far, a literal may be the beginning of a longer word.
        return -1 if more and found.end() == limit and text[limit - 1].isalpha() else 1
    return -1 if more and _OPEN_NEXT_KEY.match(text, pos, limit) is not None else 0


def inner_json_at(text: str, pos: i64, limit: i64, more: bool, opener: str) -> i64:
    """Return 1 if the quote at `pos` continues JSON after `opener`, 0 if not, -1 if undecided."""
    if opener == "{":
        return next_key_at(text, pos, limit, more)
    if _INNER_ITEM.match(text, pos, limit) is not None:
        return 1
    return -1 if more and _OPEN_INNER_ITEM.match(text, pos, limit) is not None else 0


def containers_fit(tail: str, closers: list[str]) -> bool:
    """Whether `tail` ends containers, separates members or items, and leads to a key.

    Args:
        tail: Brackets, commas and white space.
        closers: The closers of the open containers, the innermost last.
    """
    level = len(closers)
    comma = opened = False
    for char in tail:
        if char == ",":
            if comma or not level:
                return False
            comma = True
        elif char == "{":
            if opened or not comma or level == len(closers) or closers[level - 1] != "]":
                return False
            opened = True
        elif char == "[":
            return False
        elif char == "}" or char == "]":
            if comma or not level or closers[level - 1] != char:
                return False
            level -= 1
    return comma and level > 0 and (opened or closers[level - 1] == "}")


def closes_all(tail: str, closers: list[str]) -> bool:
    """Whether `tail` closes all open containers and contains nothing but closers."""
    brackets = "".join(tail.split())
    return brackets.startswith("".join(reversed(closers))) and not brackets.strip("}]")


def stray_quote(text: str, pos: i64, limit: i64, more: bool, in_array: bool) -> i64:
    """Return 1 if the quote after a value is of no string, 0 if it is of one, -1 if undecided."""
    near = blank_end(text, pos + 1, limit)
    if near == limit:
        return -1 if more else 1
    if text[near] in ",}]":
        result = 0 if in_array else key_at(text, pos, limit, more)
        return -1 if result < 0 else 1 - result
    return key_at(text, near, limit, more) if "\n" in text[pos:near] and not in_array else 0


def only_words(text: str, pos: i64, end: i64, final: bool) -> i64:
    """Return 1 if only words follow up to the end of the input, 0 if not, -1 if undecided."""
    limit = pos + LOOK
    if _NO_WORDS.search(text, pos, limit if limit < end else end) is not None or end >= limit:
        return 0
    return 1 if final else -1


def remark_end(text: str, pos: i64, limit: i64, more: bool, in_array: bool) -> i64:
    """Return the position after a remark in round brackets; 0 if none, -1 if undecided."""
    if pos + 1 < limit and in_array and not text[pos + 1].isalpha():
        return 0
    found = _REMARK.match(text, pos, limit)
    if found is not None:
        return found.end()
    return -1 if more and _OPEN_REMARK.match(text, pos, limit) is not None else 0


def joint_end(text: str, pos: i64, limit: i64) -> i64:
    """Return the position of the quote after the '+' that joins two strings, or -1."""
    found = _JOINT.match(text, pos, limit)
    return -1 if found is None else found.end() - 1


class Quote:
    """A quote, and the state of the string that it is in."""

    __slots__ = ("closer", "closing", "depth", "fenced", "fresh", "kept", "odd", "role", "wrapped")

    def __init__(
        self,
        role: int,
        closing: str,
        closer: str,
        depth: int,
        *,
        kept: int,
        fresh: bool,
        wrapped: bool,
        fenced: bool,
    ) -> None:
        self.role: i64 = role
        self.closing = closing
        self.closer = closer  # of the innermost container; "" at the root
        self.depth: i64 = depth
        self.kept = kept > 0  # whether a quote in this string was kept as text
        self.odd = kept % 2 > 0  # whether a quotation is open in it
        self.fresh = fresh  # whether the string is empty so far
        self.wrapped = wrapped  # whether ')' may follow
        self.fenced = fenced  # whether a fence may follow


def classify(text: str, pos: i64, end: i64, final: bool, quote: Quote) -> i64:
    """Return what the quote right before `pos` is, by the text after it."""
    limit = pos + LOOK
    more = end < limit and not final
    if end < limit:
        limit = end
    if quote.role == ROOT_OF_MANY:
        return ENDS
    near = blank_end(text, pos, limit)
    if quote.closing == "\\":
        found = _ESCAPED_BLANK.match(text, pos, limit)
        assert found is not None
        near = found.end()
        if near + 1 == limit and more and text[near] == "\\":
            return UNDECIDED
    if near == limit:
        return UNDECIDED if more else ENDS
    char = text[near]
    if quote.role == KEY:
        return _classify_key(text, pos, near, limit, more, quote)
    if near == pos and char in quote.closing and char != "\\":
        return _classify_pair(text, pos, limit, more, quote)
    if near == pos and quote.fresh and (char.isalnum() or char == "_") and quote.role != ROOT:
        return DOUBLED
    if near == pos and char.isalnum() and "'" in quote.closing and not quote.fresh:
        return APOSTROPHE
    if char in "+/#":
        if joint_end(text, near, limit) >= 0:
            return JOINED
        if more and _OPEN_JOINT.match(text, near, limit) is not None:
            return UNDECIDED
    if quote.role == ROOT:
        return _classify_root(text, pos, near, limit, more, quote)
    return _classify_value(text, pos, near, limit, more, quote)


def colon_ends(text: str, pos: i64, end: i64, final: bool, closing: str) -> i64:
    """Return 1 if a key's closing quote is missing before the colon, 0 if not, -1 if undecided.

    The next quote that is not escaped decides: in valid JSON it ends the key, and a colon follows.
    """
    limit = pos + LOOK
    more = end < limit and not final
    if end < limit:
        limit = end
    stops = KEY_STOPS[closing]
    place = pos + 1
    while True:
        found = stops.search(text, place, limit)
        if found is None:
            if more:
                return -1
            return 1 if _VALUE_BEHIND_COLON.match(text, pos, limit) is not None else 0
        place = found.start()
        if text[place] == "\n":
            return 1
        slash = place
        while slash > pos and text[slash - 1] == "\\":
            slash -= 1
        if (place - slash) % 2 == 0 or closing == "\\":
            break
        place += 1
    behind = blank_end(text, place + 1, limit)
    if behind == limit and more:
        return -1
    return 0 if behind < limit and text[behind] == ":" else 1


def _classify_key(text: str, pos: i64, near: i64, limit: i64, more: bool, quote: Quote) -> i64:
    char = text[near]
    if char in ":=" or char == WIDE_COLON:
        return ENDS
    if near == pos and char in quote.closing:  # two quotes
        if near + 1 == limit and more:
            return UNDECIDED
        behind = blank_end(text, near + 1, limit)
        if behind == limit and more:
            return UNDECIDED
        if behind < limit and text[behind] == ":":
            return ENDS_DOUBLED
        if _QUOTED_VALUE.match(text, near, limit) is not None:
            return ENDS  # the colon between the two is missing
        if more and _OPEN_QUOTED_VALUE.match(text, near, limit) is not None:
            return UNDECIDED
        return INNER
    if near == pos and char.isalnum():
        if _GLUED_VALUE.match(text, pos, limit) is not None:
            if more and pos < limit and _OPEN_GLUED_VALUE.match(text, pos, limit) is not None:
                return UNDECIDED
            return ENDS
        if more and _OPEN_GLUED_VALUE.match(text, pos, limit) is not None:
            return UNDECIDED
    if char in "{[(,}]+-\"'“‘`" or char.isdigit():
        return ENDS if near > pos or not char.isdigit() else INNER
    found = limit
    place = near
    while place < limit:
        if text[place] in quote.closing:
            behind = blank_end(text, place + 1, limit)
            if behind == limit and more:
                return UNDECIDED
            doubled = quote.fresh and behind == place + 1 and behind < limit
            if doubled and text[behind] in quote.closing:
                behind = blank_end(text, behind + 1, limit)
                if behind == limit and more:
                    return UNDECIDED
            if behind < limit and text[behind] == ":":
                return DOUBLED if quote.fresh else INNER
            break
        if text[place] in ",{}[]\n:":
            break
        place += 1
    if place == found and more:
        return UNDECIDED
    return ENDS if near > pos else INNER


def _classify_pair(text: str, pos: i64, limit: i64, more: bool, quote: Quote) -> i64:
    """Return what the first of two quotes is."""
    if quote.fresh:  # the first may be the second of three
        return TRIPLED
    if text[pos - 1] != text[pos] and text[pos] == quote.closing[0]:
        return APOSTROPHE  # the second one is of the kind that opened the string
    if pos + 1 == limit and more:
        return UNDECIDED
    behind = blank_end(text, pos + 1, limit)
    if behind == limit:
        if more:
            return UNDECIDED
        return INNER if quote.kept else ENDS_DOUBLED
    if text[behind] in ",}]:":
        return INNER if quote.kept else ENDS_DOUBLED
    if quote.role == ROOT:
        return INNER
    if quote.role == ITEM:
        return INNER if quote.kept else ENDS
    result = key_at(text, pos, limit, more)
    if result < 0:
        return UNDECIDED
    return ENDS if result else INNER


def _classify_root(text: str, pos: i64, near: i64, limit: i64, more: bool, quote: Quote) -> i64:
    """A root string ends with its last quote or with a quote before a line end."""
    if "\n" in text[pos:near]:
        return ENDS
    if text[near] in ");" and quote.wrapped:
        return ENDS
    found = KEY_STOPS[quote.closing].search(text, near, limit)
    if found is not None:
        return ENDS if text[found.start()] == "\n" else INNER
    return UNDECIDED if more else ENDS


def _classify_value(text: str, pos: i64, near: i64, limit: i64, more: bool, quote: Quote) -> i64:
    char = text[near]
    newline = "\n" in text[pos:near]
    if char == ",":
        result = _comma(text, near, limit, more, quote)
        if result >= 0:
            return result
        return _words(text, pos, near + 1, limit, more, quote)
    if char in "}])":
        if char == quote.closer and not quote.kept:
            return ENDS
        if char == ")" and char != quote.closer:
            if quote.wrapped:
                return ENDS
            return _words(text, pos, near, limit, more, quote)
        return _closer(text, near, limit, more, quote)
    if char == ":":
        return ENDS if quote.role == ITEM and not quote.kept else INNER
    if char == "`" and not quote.kept and "`" not in quote.closing:
        result = _fence_ends(text, near, limit, more, newline or quote.fenced)
        if result:
            return UNDECIDED if result < 0 else ENDS
    if char == "`" and newline and quote.fenced:
        return ENDS
    if char in CLOSING and char != "\\":
        return _before_quote(text, near, limit, more, quote)
    if char == "/" and text[near + 1 : near + 2] in ("/", "*"):
        return ENDS
    if (char == "#" and near > pos) or (char == "\\" and near == pos and quote.closing != "\\"):
        return ENDS
    elif char == "<" and near > pos:
        if near + 4 > limit and more and "<!--".startswith(text[near:limit]):
            return UNDECIDED
        if text.startswith("<!--", near):
            return ENDS
    elif char in WIDE_COMMAS:
        place = blank_end(text, near + 1, limit)
        if quote.role == ITEM:
            result = _item_at(text, place, limit, more)
        else:
            result = key_at(text, place, limit, more)
        return UNDECIDED if result < 0 else ENDS if result else INNER
    elif char == ";" or ((char == "{" or char == "[") and newline and quote.role == ITEM):
        return ENDS
    if quote.role == ITEM and near > pos and not quote.kept and (char in "{[-" or char.isdigit()):
        return ENDS
    if newline and quote.role == MEMBER:
        result = key_at(text, near, limit, more)
        if result:
            return UNDECIDED if result < 0 else ENDS
    return _words(text, pos, near, limit, more, quote)


def _before_quote(text: str, pos: i64, limit: i64, more: bool, quote: Quote) -> i64:
    """Return what a quote before another one is."""
    if quote.role == MEMBER:
        result = key_at(text, pos, limit, more)
    elif quote.kept:
        result = _item_at(text, pos, limit, more)
    else:
        return ENDS
    return UNDECIDED if result < 0 else ENDS if result else INNER


def _fence_ends(text: str, pos: i64, limit: i64, more: bool, expected: bool) -> i64:
    """Return 1 if the backticks at `pos` end the block, 0 if not, -1 if undecided."""
    if not text.startswith("```", pos):
        return -1 if more and pos + 3 > limit and "```".startswith(text[pos:limit]) else 0
    if expected:
        return 1
    behind = pos + 3
    while behind < limit and text[behind] in " \t":
        behind += 1
    if behind == limit:
        return -1 if more else 1
    return 1 if text[behind] in "\r\n" else 0


def _comma(text: str, comma: i64, limit: i64, more: bool, quote: Quote) -> i64:
    """Return what a quote before a comma is, or -1 if words follow the comma."""
    place = blank_end(text, comma + 1, limit)
    if not quote.odd and "\n" in text[comma:place] and (quote.role == ITEM or not quote.kept):
        return ENDS
    if place == limit:
        return UNDECIDED if more else ENDS
    char = text[place]
    if (
        char in "}]"
        or (char == ")" and quote.closer == ")")
        or (char == "#" and not quote.kept)
        or (not quote.kept and text.startswith("--", place))
        or (char == "/" and text[place + 1 : place + 2] in ("/", "*"))
    ):
        return ENDS
    if char == "<":
        if place + 4 > limit and more and "<!--".startswith(text[place:limit]):
            return UNDECIDED
        if text.startswith("<!--", place):
            return ENDS
    if char == "-" and place + 1 == limit and more:
        return UNDECIDED
    if char == "." or char == "…":
        if place + 3 > limit and more and "...".startswith(text[place:limit]):
            return UNDECIDED
        if char == "…" or text.startswith("...", place):
            return ENDS
    if not quote.kept and (char.isalpha() or char in "$@"):
        prefixed = _PREFIX_AT.match(text, place, limit)
        if prefixed is not None:
            if quote.role == ITEM:
                return ENDS
            place = prefixed.end() - 2  # the key after the prefix
        elif more and _OPEN_PREFIX_AT.match(text, place, limit) is not None:
            return UNDECIDED
    if quote.role == MEMBER:
        if not quote.kept and (char in CLOSING or char in "{[,"):
            return ENDS
        result = key_at(text, place, limit, more)
        if result == 0 and not more and not quote.kept and key_is_open(text, place, limit):
            return ENDS  # a key was cut
        return UNDECIDED if result < 0 else ENDS if result else -1
    if char in CLOSING:
        result = _item_at(text, place, limit, more) if quote.odd else 1
        return UNDECIDED if result < 0 else ENDS if result else INNER
    if char in "{[(-+,/#" or char.isdigit():
        return ENDS
    if _OPEN_WORD.match(text, place, limit) is not None and (more or not quote.odd):
        return UNDECIDED if more else ENDS
    if _LITERAL.match(text, place, limit) is not None:
        return ENDS
    return ENDS if _CALL.match(text, place, limit) is not None else -1


def _closer(text: str, place: i64, limit: i64, more: bool, quote: Quote) -> i64:
    """Return what a quote before a closing bracket is, if the bracket may be text."""
    behind = blank_end(text, place + 1, limit)
    if behind == limit:
        return UNDECIDED if more else ENDS
    if quote.fenced and text[behind] == "`":
        result = _fence_ends(text, behind, limit, more, True)
        if result:
            return UNDECIDED if result < 0 else ENDS
    if text[behind] in quote.closing:
        result = key_at(text, behind, limit, more)
        return UNDECIDED if result < 0 else ENDS if result else INNER
    if text[behind] in ",}])" or "\n" in text[place:behind]:
        return ENDS
    if text[place] == quote.closer and quote.depth == 1:
        found = KEY_STOPS[quote.closing].search(text, behind, limit)
        if found is not None:
            return ENDS if text[found.start()] == "\n" else INNER
        return UNDECIDED if more else ENDS
    return INNER


def _words(text: str, pos: i64, place: i64, limit: i64, more: bool, quote: Quote) -> i64:
    """Return what a quote before words is, by what follows them."""
    first = place
    stops = WORD_STOPS[quote.closing]
    while place < limit:
        found = stops.search(text, place, limit)
        if found is None:
            break
        place = found.start()
        char = text[place]
        if char in quote.closing:
            if quote.closing == "\\" or quote.role == MEMBER:
                if place == first or text[place - 1] not in " \t\n":
                    return INNER
                result = key_at(text, place, limit, more)
                return UNDECIDED if result < 0 else ENDS if result else INNER
            return (
                ENDS
                if first > pos and first == _after_space(text, pos) and not quote.kept
                else INNER
            )
        if char == ",":
            behind = blank_end(text, place + 1, limit)
            if behind == limit and more:
                return UNDECIDED
            if behind == limit or text[behind] in "}]" or quote.role == ITEM:
                return ENDS if quote.role != ITEM or not quote.odd else INNER
            result = key_at(text, behind, limit, more)
            if result:
                return UNDECIDED if result < 0 else ENDS
        elif char in "}]":
            behind = blank_end(text, place + 1, limit)
            if behind == limit:
                return UNDECIDED if more else ENDS
            if text[behind] in ",}]" or "\n" in text[place:behind]:
                return ENDS
        elif char == ":":
            if first > pos and _WORD.fullmatch(text, first, place) is not None:
                if place + 1 == limit and more:
                    return UNDECIDED
                if text[place + 1 : place + 2] != "/":
                    return ENDS
        elif char == "\n" and quote.role == MEMBER:
            behind = blank_end(text, place, limit)
            if behind == limit:
                if more:
                    return UNDECIDED
                break
            result = key_at(text, behind, limit, more)
            if result:
                return UNDECIDED if result < 0 else ENDS
            if text[behind] in "}]":
                return ENDS
        place += 1
    if more:
        return AMONG_WORDS
    # No other quote follows, so this one ends the string.
    return ENDS if limit == len(text) and limit < pos + LOOK and not quote.odd else INNER


def _after_space(text: str, pos: i64) -> i64:
    return blank_end(text, pos, len(text))
