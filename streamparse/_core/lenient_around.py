"""The text around values in the lenient dialect, and text in which no value was found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from streamparse._core import lenient_prose as prose
from streamparse._core import lenient_scalars as scalars
from streamparse._core import lenient_strings as strings
from streamparse._core.lenient_fences import LenientFences
from streamparse._core.lenient_state import PROSE
from streamparse._core.lenient_strings import CLOSING, LOOK, undecided
from streamparse._core.lenient_tokens import GROUPED_STRING, OPEN_WRAPPED
from streamparse._core.machine_state import DOCUMENT
from streamparse.errors import IncompleteError

if TYPE_CHECKING:
    from mypy_extensions import i64

_SPACE: Final = " \t\r\n"
_OTHER_SPACE: Final = strings.OTHER_SPACE
# A document that is one scalar or word, perhaps in a call, with comments after it. Each repeated
# part can match a text in one way only; otherwise the time would double with every character.
_ALONE: Final = re.compile(
    r"""\s*(?:(?P<name>[^\W\d][\w.$]*)?[ ]?\(\s*(?P<wrapped>"[^"]*"|'[^']*'|[^\s"'(){}\[\],]+)\s*\)
    |(?P<quoted>[`´][^`´'"]+[`´'"]?)
    |(?P<word>[^\s,;"'`]+)(?P<quote>["']?))
    [\s,;]*(?:(?:`{3,}(?!`)|~{3,}(?!~)|(?://|\#)[^\n]*(?:\n|\Z)
    |/\*(?:[^*]|\*(?!/))*(?:\*/|\Z))\s*)*\Z""",
    re.VERBOSE | re.DOTALL,
)


class LenientAround(LenientFences):
    """Finds values, and keeps the text around them."""

    __slots__ = ()

    def _document(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read the start of the input, of a fence or a tag, or of another document."""
        char = text[pos]
        offset = self.offset + pos
        if char in _SPACE or char in _OTHER_SPACE:
            self._outside(char)
            return pos + 1
        if char == "`" or char == "~":
            return self._fence_here(text, pos, end, final)
        if self.fenced_code:
            self.state = PROSE
            return self._code_start(text, pos, end, final)
        if char == "{":
            self._enter("}", offset)
            return pos + 1
        if char == "[":
            return self._chosen(prose.starts_array(text, pos, end, final, self.many), pos, "]")
        if char == "(":
            limit = pos + LOOK if pos + LOOK < end else end
            if GROUPED_STRING.match(text, pos, limit) is not None:
                self._mend("wrapper", offset)
                self.wrapped += 1
                return pos + 1
            more = end < pos + LOOK and not final
            if more and OPEN_WRAPPED.match(text, pos, limit) is not None:
                return undecided(pos)
            result = prose.starts_tuple(text, pos, end, final)
            if result == prose.VALUE:
                return self._group(text, pos, end, final)
            return self._chosen(result, pos, ")")
        if char in prose.FENCE_QUOTES and not self.many:
            place = prose.quote_fence_at(text, pos, end, final)
            if place == 0:
                return undecided(pos)
            if place > 0:
                self._mend("fence", offset)
                self.fence = prose.FENCE_QUOTES[char] * 3
                self._outside(text[pos:place])
                return place
        if char == '"' and not self.many:
            result = prose.starts_members(text, pos, end, final)
            if result == prose.UNDECIDED:
                return undecided(pos)
            if result == prose.VALUE:
                self._enter("}", offset)
                self._mend("missing_opener", offset, False)
                return pos
        if char in "\"'“”„‘’«" or (char == "\\" and text[pos + 1 : pos + 2] == '"'):
            self._begin_root("string", offset)
            return self._open_odd_quote(text, pos, end, final)
        if char == "\\" and pos + 1 == end and not final:
            return undecided(pos)
        if char == "/" or char == "<":
            result = self._comment(text, pos, end, final)
            return result if result != pos else self._start_prose(text, pos, end, final)
        if char == "#":
            return self._start_comment(pos, 1, "\n")
        if self.many and (char.isalnum() or char in "+-."):
            return self._start_token(text, pos, end, final)
        return self._start_prose(text, pos, end, final)

    def _chosen(self, result: i64, pos: i64, closer: str) -> i64:
        if result == prose.UNDECIDED:
            return undecided(pos)
        if result == prose.VALUE:
            self._enter(closer, self.offset + pos)
            return pos + 1
        self._note_prose(pos)
        self._outside("[" if closer == "]" else "(")
        self.state = PROSE
        return pos + 1

    def _start_prose(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        self._note_prose(pos)
        self.state = PROSE
        return self._prose(text, pos, end, final)

    def _prose(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Skip words until a value may start."""
        candidate = prose.CANDIDATE_OR_LINE if self.many else prose.CANDIDATE
        found = candidate.search(text, pos)
        stop: i64 = end if found is None else found.start()
        if stop > pos:
            self._outside(text[pos:stop])
        if stop == end:
            return end
        char = text[stop]
        if char == "\n":
            self.state = DOCUMENT
            return stop
        if char == "<":
            result = self._comment(text, stop, end, final)
            if result != stop:
                return result
            self._note_prose(stop)
            self._outside(char)
            return stop + 1
        if char == "`" or char == "~":
            return self._fence_here(text, stop, end, final)
        return self._candidate(text, stop, end, final)

    def _candidate(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Read a bracket in prose."""
        result = prose.goes_on(text, pos, end, final, self.lead)
        if result == prose.UNDECIDED:
            return undecided(pos)
        if result == prose.VALUE:
            quoted = any(['"' in piece for piece in self.before[self.prose_from :]])
            self._enter("}" if text[pos] == "{" else "]", self.offset + pos)
            if quoted and text[pos + 1 : pos + 2] == "\\":
                self._doubt(self.offset + pos)  # it may be JSON in a string of the document
            return pos + 1
        self._note_prose(pos)
        self._outside(text[pos])
        self.state = PROSE
        return pos + 1

    def _behind(self, text: str, pos: i64, end: i64, final: bool) -> i64:
        """Keep and record the text after the value."""
        while pos < end and not self.trailing and not self.stop:
            char = text[pos]
            width: i64 = 1
            if char in "}])":
                if char == ")" and self.wrapped:
                    self.wrapped -= 1
                else:
                    self._mend("extra_closer", self.offset + pos)
            elif self.fence and char == self.fence[0]:
                if end - pos < 3 and not final and self.fence.startswith(text[pos:end]):
                    return undecided(pos)
                if text.startswith(self.fence, pos):
                    width = 3
                    self.fence = ""
                else:
                    self._trail(char, pos)
            elif self.tagged and char == "<":
                place = prose.tag_at(text, pos, end, final)
                if place == 0:
                    return undecided(pos)
                if place > 0 and text[pos + 1] == "/":
                    width = place - pos
                else:
                    self._trail(char, pos)
            elif char not in _SPACE and not (char == ";" or char == "`"):
                self._trail(char, pos)
            self.after.append(text[pos : pos + width])
            pos += width
        if pos < end:
            self.after.append(text[pos:end])
        return end

    def _trail(self, char: str, pos: i64) -> None:
        self.trailing = True
        self._mend("trailing_text", self.offset + pos)
        last = self.text_before(self.offset + pos).rstrip(" \t`;~")[-1:]
        # The document seems to continue, perhaps after its first key, which was read as a string.
        if char in ",:" or last in CLOSING:
            self._doubt(self.offset + pos)

    def _all_there_is(self) -> None:
        """Read a document without an object, array or quoted string: one scalar or word.

        Raises:
            IncompleteError: There is no value in the input.
        """
        text = "".join(self.before[self.prose_from :]) if self.text_at >= 0 else ""
        found = _ALONE.match(text) if self.state == PROSE and len(text) < 4096 else None
        if found is None:
            raise IncompleteError("no value in the input", code="empty", offset=self.offset)
        wrapped = found.group("wrapped")
        in_brackets = wrapped is not None and found.group("name") is None
        if in_brackets and scalars.kind_of(wrapped) == scalars.WORDS:
            raise IncompleteError("no value in the input", code="empty", offset=self.offset)
        self.token_at = self.text_at
        self.text_at = -1
        self._begin_root("scalar", self.token_at)
        del self.before[self.prose_from :]
        quoted = found.group("quoted")
        if wrapped is not None:
            self._mend("wrapper", self.token_at)
        elif quoted is not None:
            self._mend("single_quotes", self.token_at)
            self._whole_string(quoted[1:].rstrip("`´'\""))
            return
        elif found.group("quote"):
            self._mend("missing_quote", self.token_at)
            self._whole_string(found.group("word"))
            return
        token = wrapped if wrapped is not None else found.group("word")
        self._lone_scalar(token, text.endswith(token))

    def _lone_scalar(self, token: str, at_end: bool) -> None:
        if token[0] in "\"'":
            if token[0] == "'":
                self._mend("single_quotes", self.token_at)
            self._whole_string(token[1:-1])
            return
        kind = scalars.kind_of(token)
        if kind != scalars.WORDS:
            self.held = token
            self._root_scalar(kind, self.offset, at_end)
            return
        literal = scalars.cut_literal(token)
        if literal:
            self.held = token
            self._cut_token()
            self._mend("truncated", self.offset)
            self.truncated = True
            return
        if not (token[0].isalnum() or token[0] in "_$/.") and token.strip("+-.") == "":
            raise IncompleteError("no value in the input", code="empty", offset=self.offset)
        if not (token[0].isalnum() or token[0] in "_$/.+-@\\"):
            raise IncompleteError("no value in the input", code="empty", offset=self.offset)
        self._mend("unquoted_string", self.token_at)
        self._whole_string(token)

    def _whole_string(self, text: str) -> None:
        self.sink.start_string(self.token_at)
        self.in_key = False
        self.length = 0
        if text:
            self._pass(text, self.token_at)
        self.sink.end_string(self.offset)
        self._end_document(self.offset)
