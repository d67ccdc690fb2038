"""Splits regular expressions into literal text and other pieces.

The machine finds markers by literal text. Response templates give some markers as regular
expressions, which nearly always consist of literals, white space, named groups and alternatives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["Piece", "alternatives", "beginnings", "source", "trimmed"]

_QUANTIFIER: Final = re.compile(r"(?:[*+?]|\{\d*,?\d*\})[?+]?")
_SPACES: Final = re.compile(r"\\[snrt]|\[(?:\\[snrt]|[ \n\t])+\]|[ \n\t]")
_CLASS: Final = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]", re.DOTALL)
_GROUP: Final = re.compile(r"\((?:\?P<(?P<name>\w+)>|(?P<plain>\?:)|(?P<other>\?))?")
_MEANINGS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_MOST: Final = 64  # alternatives


@dataclass(frozen=True)
class Piece:
    """A part of a regular expression.

    Attributes:
        source: The part as a regular expression.
        literal: The text that it matches, if it is literal text.
        group: The name of the group, if it is a named group.
        is_space: Whether it matches only white space.
        optional: The texts of which it matches one or none.
        relaxed: A pattern for every beginning of what it matches; empty if unknown.
    """

    source: str
    literal: str = ""
    group: str = ""
    is_space: bool = False
    optional: tuple[str, ...] = ()
    relaxed: str = ""


def alternatives(pattern: str, expand: bool = True) -> list[list[Piece]]:
    """Return the pieces of each alternative of a regular expression.

    Args:
        pattern: The regular expression.
        expand: Whether to expand groups that have neither a name nor a quantifier. If not, each of
            them is a piece.

    >>> [source(pieces) for pieces in alternatives(r"\\s*(?:<a>|<b>)")]
    ['\\\\s*<a>', '\\\\s*<b>']
    """
    found: list[list[Piece]] = []
    for branch in _branches(pattern):
        variants: list[list[Piece]] = [[]]
        for choices in _parts(branch, expand):
            variants = [[*before, *choice] for before in variants for choice in choices][:_MOST]
        found += [_joined(pieces) for pieces in variants]
    return found


def source(pieces: list[Piece]) -> str:
    """Return the regular expression that the pieces form."""
    return "".join(piece.source for piece in pieces)


def trimmed(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces without white space and optional text at both ends."""
    start, end = 0, len(pieces)
    while start < end and (pieces[start].is_space or pieces[start].optional):
        start += 1
    while end > start and (pieces[end - 1].is_space or pieces[end - 1].optional):
        end -= 1
    return pieces[start:end]


def beginnings(pieces: list[Piece]) -> list[str]:
    """Return the arguments of `table.beginning` for these pieces; empty if they are unknown."""
    parts, pattern = [], ""
    for piece in pieces:
        if piece.literal:
            parts += [pattern, piece.literal]
            pattern = ""
        elif piece.relaxed:
            pattern += piece.relaxed
        else:
            return []
    return [*parts, pattern]


def _branches(pattern: str) -> list[str]:
    """Split a pattern at the bars outside groups and classes."""
    found, start, pos = [], 0, 0
    while pos < len(pattern):
        if pattern[pos] == "|":
            found.append(pattern[start:pos])
            start = pos + 1
        pos = _end_of_atom(pattern, pos)
    return [*found, pattern[start:]]


def _end_of_atom(pattern: str, pos: int) -> int:
    """Return where the character, class or group at `pos` ends."""
    char = pattern[pos]
    if char == "\\":
        return pos + 2
    if char == "[":
        found = _CLASS.match(pattern, pos)
        assert found is not None
        return found.end()
    if char != "(":
        return pos + 1
    pos += 1
    while pattern[pos] != ")":
        pos = _end_of_atom(pattern, pos)
    return pos + 1


def _parts(branch: str, expand: bool) -> list[list[list[Piece]]]:
    """Return the atoms of a branch, each as a list of its variants."""
    found: list[list[list[Piece]]] = []
    pos = 0
    while pos < len(branch):
        end = _end_of_atom(branch, pos)
        quantifier = _QUANTIFIER.match(branch, end)
        times = "" if quantifier is None else quantifier.group()
        found.append(_atom(branch[pos:end], times, expand))
        pos = end + len(times)
    return found


def _atom(text: str, times: str, expand: bool) -> list[list[Piece]]:
    """Return the variants of a character, class or group with its quantifier."""
    may_be_none = times[:1] in ("*", "?") or times.startswith(("{0", "{,"))
    if times and _SPACES.fullmatch(text):
        any_number = times if may_be_none else r"*"
        return [[Piece(text + times, is_space=True, relaxed=text + any_number)]]
    if text[0] == "(":
        return _group(text, times, expand)
    literal = _literal(text)
    if literal and not times:
        return [[Piece(re.escape(literal), literal=literal)]]
    if text in ("^", "$") or text in (r"\A", r"\Z", r"\b", r"\B"):
        return [[Piece(text + times)]]
    return [[Piece(text + times, relaxed=text + (_relaxed(times) if times else "?"))]]


def _relaxed(times: str) -> str:
    """Return the quantifier that also allows fewer repetitions."""
    if times[0] == "{":
        least, _, most = times[1:].partition("}")[0].partition(",")
        return f"{{0,{most or ('' if ',' in times else least)}}}"
    return "?" if times[0] == "?" else "*"


def _group(text: str, times: str, expand: bool) -> list[list[Piece]]:
    found = _GROUP.match(text)
    assert found is not None
    inside = text[found.end() : -1]
    if found["plain"] and not times and expand:
        return alternatives(inside)
    if found["other"]:
        return [[Piece(text + times)]]
    within = alternatives(inside)
    name = found["name"] or ""
    words = [pieces[0].literal for pieces in within if len(pieces) == 1]
    if found["plain"] and times == "?" and len(words) == len(within) and all(words):
        choices = "|".join(map(_beginning, sorted(words, key=len, reverse=True)))
        return [[Piece(text + times, optional=tuple(words), relaxed=f"(?:{choices})?")]]
    relaxed = ""
    if len(within) == 1 and len(within[0]) == 1 and not times:
        relaxed = within[0][0].relaxed
    return [[Piece(text + times, group=name, relaxed=relaxed)]]


def _beginning(text: str) -> str:
    """Return a pattern for every beginning of a text except the empty one."""
    found = ""
    for char in reversed(text):
        found = re.escape(char) + (f"(?:{found})?" if found else "")
    return found


def _literal(text: str) -> str:
    """Return the character that an atom matches literally, or an empty string."""
    if text[0] == "\\":
        char = text[1]
        return _MEANINGS.get(char, "" if char.isalnum() else char)
    return "" if text[0] in "[.^$" else text


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces with neighboring literals joined."""
    found: list[Piece] = []
    for piece in pieces:
        if piece.literal and found and found[-1].literal:
            last = found.pop()
            piece = replace(
                piece, source=last.source + piece.source, literal=last.literal + piece.literal
            )
        found.append(piece)
    return found
