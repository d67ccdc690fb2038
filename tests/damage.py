"""Valid documents with one kind of repairable damage each, for tests of the lenient dialect.

`DAMAGES` has a writer for each kind of damage, and the repairs that its texts need. A writer
writes the text of a value, with the damage at some of the places where it is possible. So the
expected value is known without a parser.

The fuzz targets and benchmarks use this module too, so it imports neither hypothesis nor pytest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

# No dialect reads these words as literals.
WORDS = ("alpha", "beta", "gamma", "delta", "Paris", "größer", "naïve", "x1", "日本", "omega")


@dataclass
class Pen:
    """Writes a value as JSON; the subclasses override the methods of the parts that they damage."""

    random: Random
    spots: int = 0  # The number of damaged places.

    def hit(self) -> bool:
        """Return whether to damage the text here."""
        chosen = self.random.random() < 0.4
        self.spots += chosen
        return chosen

    def space(self) -> str:
        """Return white space between tokens."""
        return self.random.choice(("", "", " ", "\n  "))

    def write(self, value: Any) -> str:
        """Return the text of a document."""
        return self.value(value)

    def value(self, value: Any) -> str:
        if isinstance(value, dict):
            return self.object(value)
        if isinstance(value, list):
            return self.array(value)
        return self.string(value) if isinstance(value, str) else self.scalar(value)

    def object(self, value: dict[str, Any]) -> str:
        members = [self.member(key, item) for key, item in value.items()]
        return "{" + self.space() + self.joined(members, True) + self.space() + "}"

    def member(self, key: str, value: Any) -> str:
        return self.key(key) + self.space() + self.colon() + self.space() + self.value(value)

    def array(self, value: list[Any]) -> str:
        items = [self.value(item) for item in value]
        return "[" + self.space() + self.joined(items, False) + self.space() + "]"

    def joined(self, parts: list[str], members: bool) -> str:
        out = ""
        for place, part in enumerate(parts):
            out += (self.space() + self.comma(members) + self.space() if place else "") + part
        return out

    def comma(self, members: bool) -> str:
        return ","

    def colon(self) -> str:
        return ":"

    def key(self, key: str) -> str:
        return json.dumps(key, ensure_ascii=False)

    def string(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    def scalar(self, value: Any) -> str:
        return json.dumps(value)


class Comments(Pen):
    def space(self) -> str:
        if not self.hit():
            return super().space()
        comments = ('/* , ] } " */', '// it\'s "so": {\n', " # [1, 2\n", "<!-- } -->", "/***/")
        return f" {self.random.choice(comments)} "


class Dashes(Pen):
    """Adds comments of SQL or Lua after commas."""

    def comma(self, members: bool) -> str:
        if not self.hit():
            return ","
        comments = (" -- it's so\n", "--\n", " -- [1, 2\n", " --[[ a, ]b} ]]", "\n-- so\r\n")
        return "," + self.random.choice(comments)


class SingleQuotes(Pen):
    def string(self, text: str) -> str:
        if not self.hit():
            return super().string(text)
        return "'" + json.dumps(text)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"

    def key(self, key: str) -> str:
        return self.string(key)


class SmartQuotes(Pen):
    def string(self, text: str) -> str:
        pairs = (("“", "”"), ("„", "“"), ("”", "”"))
        opening, closing = self.random.choice(pairs)
        return opening + json.dumps(text)[1:-1] + closing if self.hit() else super().string(text)

    def key(self, key: str) -> str:
        return self.string(key)


class EscapedQuotes(Pen):
    def write(self, value: Any) -> str:
        text = json.dumps(super().write(value))[1:-1]
        self.spots = text.count('\\"')
        return text


class DoubledQuotes(Pen):
    def string(self, text: str) -> str:
        if not text or not text[0].isalpha() or not self.hit():
            return super().string(text)
        return '"' + super().string(text) + '"'

    def key(self, key: str) -> str:
        return self.string(key)


class TripledQuotes(Pen):
    def string(self, text: str) -> str:
        if not self.hit():
            return super().string(text)
        return '""' + super().string(text) + '""'


class InnerQuotes(Pen):
    """Does not escape the quotes inside strings; see `quoted_words`."""

    def string(self, text: str) -> str:
        if '"' not in text or "\\" in text or not self.hit():
            return super().string(text)
        return f'"{text}"'


class MissingQuotes(Pen):
    def key(self, key: str) -> str:
        if not key.isalnum() or not self.hit():
            return super().key(key)
        return key + '"'


class UnclosedKeys(Pen):
    def member(self, key: str, value: Any) -> str:
        if not self.hit():
            return super().member(key, value)
        return f'"{key}:{self.space()}{self.value(value)}'


class UnclosedValues(Pen):
    """Omits the closing quote of a string before the next key."""

    def object(self, value: dict[str, Any]) -> str:
        members = []
        for place, (key, item) in enumerate(value.items()):
            text = self.member(key, item)
            words = isinstance(item, str) and item.replace(" ", "").replace(",", "").isalnum()
            if words and place + 1 < len(value) and self.hit():
                text = text[:-1]
            members.append(text)
        return "{" + self.joined(members, True) + "}"


class InnerJson(Pen):
    """Does not escape JSON inside strings; see `words_and_json`."""

    def string(self, text: str) -> str:
        if '{"' not in text or not self.hit():
            return super().string(text)
        return f'"{text}"'


class StrayQuotes(Pen):
    """Adds a closing quote after a number or literal."""

    def scalar(self, value: Any) -> str:
        return super().scalar(value) + ('"' if self.hit() else "")


class NoOpener(Pen):
    """Omits the opening brace of the root."""

    def write(self, value: Any) -> str:
        if not isinstance(value, dict):
            return super().write(value)
        self.spots = 1
        return super().write(value)[1:].lstrip()


class Concatenation(Pen):
    def string(self, text: str) -> str:
        if len(text) < 2 or not self.hit():
            return super().string(text)
        place = self.random.randrange(1, len(text))
        plus = self.random.choice(("+", " + ", " +\n "))
        return super().string(text[:place]) + plus + super().string(text[place:])


class UnquotedKeys(Pen):
    def key(self, key: str) -> str:
        return key if key.isalnum() and self.hit() else super().key(key)


class UnquotedStrings(Pen):
    def string(self, text: str) -> str:
        plain = text and all(word.isalpha() for word in text.split(" "))
        return text if plain and self.hit() else super().string(text)


class Commas(Pen):
    """Adds trailing and leading commas."""

    def joined(self, parts: list[str], members: bool) -> str:
        text = super().joined(parts, members)
        if not self.hit():
            return text
        if parts and self.random.random() < 0.6:
            return text + self.space() + ","
        return "," + self.space() + text


class RepeatedCommas(Pen):
    def comma(self, members: bool) -> str:
        return self.random.choice((",,", ", ,", ",\n,")) if self.hit() else ","


class MissingCommas(Pen):
    def comma(self, members: bool) -> str:
        return self.random.choice((" ", "\n")) if self.hit() else ","


class MissingColons(Pen):
    def colon(self) -> str:
        return " " if self.hit() else ":"


class Separators(Pen):
    def comma(self, members: bool) -> str:
        return ";" if self.hit() else ","

    def colon(self) -> str:
        return self.random.choice(("=", "=>")) if self.hit() else ":"


class Numbers(Pen):
    def scalar(self, value: Any) -> str:
        if isinstance(value, bool) or value is None or not self.hit():
            return super().scalar(value)
        sign, size = ("-" if value < 0 else ""), abs(value)
        if isinstance(value, int):
            shapes = (
                f"+{size}" if value >= 0 else f"-0{size}",
                f"{sign}{size:#x}",
                f"{sign}00{size}",
            )
            return self.random.choice((*shapes, f"{sign}{size:_}" if size > 999 else shapes[0]))
        text = json.dumps(size)
        if text.endswith(".0"):
            return sign + text[:-1]
        return sign + (text[1:] if text.startswith("0.") else "0" + text)


class Literals(Pen):
    def scalar(self, value: Any) -> str:
        if value is not None and not isinstance(value, bool):
            return super().scalar(value)
        if not self.hit():
            return super().scalar(value)
        if value is None:
            return self.random.choice(("None", "undefined", "NULL", "Null"))
        return self.random.choice((str(value), str(value).upper()))


class Tuples(Pen):
    def array(self, value: list[Any]) -> str:
        text = super().array(value)
        if len(value) == 1 or not self.hit():
            return text
        return "(" + text[1:-1] + ")"


class Wrappers(Pen):
    def string(self, text: str) -> str:
        if len(text) > 40 or not self.hit():
            return super().string(text)
        name = self.random.choice(("ObjectId", "str", "Symbol.for", ""))
        return f"{name}({super().string(text)})"


class RawStrings(Pen):
    def string(self, text: str) -> str:
        if any(char in "\"'\n\r\t\b" for char in text) or not text or not self.hit():
            return super().string(text)
        prefix = self.random.choice(("r", "R", "b", "rb", "Br", "fr", "u", "@", "$"))
        raw = "r" in prefix.lower() or prefix == "@"
        quote = self.random.choice("\"'")
        return prefix + quote + (text if raw else text.replace("\\", "\\\\")) + quote


class Groups(Pen):
    """Adds round brackets around short objects and arrays."""

    def object(self, value: dict[str, Any]) -> str:
        return self.grouped(super().object(value))

    def array(self, value: list[Any]) -> str:
        return self.grouped(super().array(value))

    def grouped(self, text: str) -> str:
        return f"({text})" if len(text) < 100 and self.hit() else text


class ControlCharacters(Pen):
    """Does not escape line ends and tabs inside strings."""

    def string(self, text: str) -> str:
        if not any(char in text for char in "\n\t\r") or not self.hit():
            return super().string(text)
        raw = super().string(text)
        return raw.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r")


class Escapes(Pen):
    def string(self, text: str) -> str:
        if not text or not self.hit():
            return super().string(text)
        plain = super().string(text)[1:-1]
        return '"' + self.random.choice(("\\\n", "\\\r\n", "")) + plain + "\\x41\\'\""

    def write(self, value: Any) -> str:
        return super().write(value)


class WhiteSpace(Pen):
    def space(self) -> str:
        return self.random.choice("\xa0\ufeff\u200b\u2028\v\f") if self.hit() else super().space()


class Closers(Pen):
    """Omits the closing bracket of an array at the end of an object."""

    def object(self, value: dict[str, Any]) -> str:
        text = super().object(value)
        last = list(value.values())[-1] if value else None
        if not isinstance(last, list) or not last or not self.hit():
            return text
        return text.rstrip("}").rstrip().removesuffix("]") + "}"


class WrongClosers(Pen):
    """Closes an array inside the root object with a brace."""

    def write(self, value: Any) -> str:
        if not isinstance(value, dict):
            return super().write(value)
        members = []
        for place, (key, item) in enumerate(value.items()):
            text = self.member(key, item)
            if isinstance(item, list) and place + 1 < len(value) and self.hit():
                text = text[:-1] + "}"
            members.append(text)
        return "{" + self.joined(members, True) + "}"


class ExtraClosers(Pen):
    def write(self, value: Any) -> str:
        self.spots = 1
        return super().write(value) + self.random.choice(("}", "]", "}]}", "\n}"))


class ExtraOpeners(Pen):
    def write(self, value: Any) -> str:
        text = super().write(value)
        if not isinstance(value, dict):
            return text
        self.spots = 1
        return "{" + text + "}"


class Ellipses(Pen):
    def joined(self, parts: list[str], members: bool) -> str:
        text = super().joined(parts, members)
        if not self.hit():
            return text
        dots = self.random.choice(("...", "…", " ... ", "... "))
        if not parts:
            return dots
        return self.random.choice((text + "," + dots, text + ", " + dots, dots + ", " + text))


class UnexpectedText(Pen):
    def key(self, key: str) -> str:
        return ("COMMENT " if self.hit() else "") + super().key(key)


class Prose(Pen):
    """Adds text around the value, with brackets and words that are no value."""

    BEFORE = (
        "Here is the JSON you asked for:\n",
        'Here\'s the "data" (3 results): ',
        "As [1] and [see note 2] say, {name} is 'true' or null: ",
        "See [the docs](https://example.org/{id}) for {} and [] in general.\n\n",
        "# Result\nIt took 12.5 s; `x = [0]` was wrong - sorry!\n",
        "- [ ] todo\n- [x] done\n\nAnswer = ",
        "The set {a, b} and f(x) = {x | x > 0}.\n",
        "I think, therefore <b>I</b> am; 3 < 4.\n",
    )
    AFTER = (
        "",
        "\nHope it helps!",
        " Is {this} fine?",
        '\n\nNote: [1] is {"not": "meant"}.',
        "\n1. a\n",
    )

    def write(self, value: Any) -> str:
        self.spots = 1
        return (
            self.random.choice(self.BEFORE) + super().write(value) + self.random.choice(self.AFTER)
        )


class Fences(Pen):
    def write(self, value: Any) -> str:
        self.spots = 1
        text = super().write(value)
        opening = self.random.choice(
            ("```json\n", "```\n", "```JSON\r\n", "~~~\n", "```json ", "```js\n")
        )
        mark = "`" if opening[0] == "`" else "~"
        ending = self.random.choice(
            (f"\n{mark * 3}", f"{mark * 3}\n", "\n", f"\r\n{mark * 3}\r\nDone.")
        )
        before = self.random.choice(("", "\n\n", "Sure! Here you are:\n\n"))
        return before + opening + text + ending


class QuoteFences(Pen):
    """Adds three quotes before and after the value."""

    def write(self, value: Any) -> str:
        self.spots = 1
        quotes = self.random.choice(("'''", '"""', "´´´", "‘‘‘’’’", "“““”””"))
        opening = self.random.choice(("json\n", "\n", "", "JSON\r\n", "json", " \n"))
        return quotes[:3] + opening + super().write(value) + "\n" + quotes[-3:]


class UnclosedInFence(Pen):
    """Omits the closing bracket of the root before the end of a fence."""

    def write(self, value: Any) -> str:
        self.spots = 1
        return "```json\n" + super().write(value)[:-1].rstrip() + "\n```\nThat was all."


class Tags(Pen):
    def write(self, value: Any) -> str:
        self.spots = 1
        text = super().write(value)
        thought = '<think>Is it {"a": 1}? Or [1, 2]? No.</think>\n'
        return self.random.choice(
            (f"<answer>{text}</answer>", f"<json>\n{text}\n</json>\n", thought + text)
        )


@dataclass(frozen=True)
class Damage:
    """A kind of damage, and the repairs that undo it."""

    pen: Callable[[Random], Pen]
    codes: frozenset[str]
    also: frozenset[str] = field(default_factory=frozenset)  # Repairs that it may also need.


def _damage(pen: Callable[[Random], Pen], codes: str, also: str = "") -> Damage:
    return Damage(pen, frozenset(codes.split()), frozenset(also.split()))


DAMAGES: dict[str, Damage] = {
    "comments": _damage(Comments, "comment"),
    "dashes": _damage(Dashes, "comment"),
    "single quotes": _damage(SingleQuotes, "single_quotes", "escape"),
    "smart quotes": _damage(SmartQuotes, "smart_quotes"),
    "escaped quotes": _damage(EscapedQuotes, "escaped_quotes", "white_space"),
    "doubled quotes": _damage(DoubledQuotes, "doubled_quotes"),
    "tripled quotes": _damage(TripledQuotes, "doubled_quotes"),
    "inner quotes": _damage(InnerQuotes, "inner_quote"),
    "missing quotes": _damage(MissingQuotes, "missing_quote"),
    "unclosed keys": _damage(UnclosedKeys, "missing_quote"),
    "unclosed values": _damage(UnclosedValues, "missing_quote"),
    "inner JSON": _damage(InnerJson, "inner_quote"),
    "stray quotes": _damage(StrayQuotes, "missing_quote", "ambiguous"),
    "no opener": _damage(NoOpener, "missing_opener"),
    "concatenation": _damage(Concatenation, "concatenation"),
    "unquoted keys": _damage(UnquotedKeys, "unquoted_key"),
    "unquoted strings": _damage(UnquotedStrings, "unquoted_string"),
    "commas": _damage(Commas, "trailing_comma extra_comma"),
    "repeated commas": _damage(RepeatedCommas, "extra_comma"),
    "missing commas": _damage(MissingCommas, "missing_comma"),
    "missing colons": _damage(MissingColons, "missing_colon"),
    "separators": _damage(Separators, "separator"),
    "numbers": _damage(Numbers, "number"),
    "literals": _damage(Literals, "literal"),
    # A tuple with a long first item may be an object or array in round brackets.
    "tuples": _damage(Tuples, "tuple", "ambiguous"),
    "wrappers": _damage(Wrappers, "wrapper"),
    "raw strings": _damage(RawStrings, "wrapper", "single_quotes"),
    "groups": _damage(Groups, "wrapper"),
    "control characters": _damage(ControlCharacters, "control_character"),
    "white space": _damage(WhiteSpace, "white_space"),
    # It is unclear whether the bracket was meant for the outer or the inner container.
    "missing closers": _damage(Closers, "missing_closer", "ambiguous"),
    "wrong closers": _damage(WrongClosers, "mismatched_closer"),
    "extra closers": _damage(ExtraClosers, "extra_closer"),
    "extra openers": _damage(ExtraOpeners, "extra_opener", "extra_closer"),
    "ellipses": _damage(Ellipses, "ellipsis", "trailing_comma"),
    "unexpected text": _damage(UnexpectedText, "unexpected_text"),
    "prose": _damage(Prose, "leading_text", "trailing_text tag comment"),
    "fences": _damage(Fences, "fence", "leading_text trailing_text"),
    "quotes as fences": _damage(QuoteFences, "fence", "trailing_text"),
    "unclosed in a fence": _damage(UnclosedInFence, "missing_closer", "fence trailing_text"),
    "tags": _damage(Tags, "tag"),
}


def damaged(kind: str, value: Any, seed: int) -> tuple[str, bool]:
    """Return the damaged text of `value`, and whether it could be damaged in this way."""
    pen = DAMAGES[kind].pen(Random(seed))
    text = pen.write(value)
    return text, pen.spots > 0


def quoted_words(random: Random) -> str:
    """Return a sentence with some words in quotes."""
    words = [random.choice(WORDS) for _ in range(random.randint(2, 6))]
    for place in range(1, len(words)):
        if random.random() < 0.5:
            words[place] = f'"{words[place]}"' + random.choice(("", "", ".", "?", "!"))
    return " ".join(words)


def words_and_json(random: Random) -> str:
    """Return a sentence that contains JSON."""
    word = random.choice(WORDS)
    inner = random.choice(
        (f'{{"{word}": 1}}', f'{{"k": "{word}", "l": [1, "x"]}}', f'{{"k": {{"{word}": true}}}}')
    )
    return random.choice(("", "so ", "use ")) + inner + random.choice(("", ".", ", then go"))


def sample(random: Random, depth: int = 3) -> Any:
    """Return a value with the parts that some kinds of damage need."""
    if depth and random.random() < 0.6:
        size = random.randint(0, 3)
        if random.random() < 0.6:
            return {random.choice(WORDS) + str(i): sample(random, depth - 1) for i in range(size)}
        return [sample(random, depth - 1) for _ in range(size)]
    return random.choice(
        (
            random.choice(WORDS),
            quoted_words(random),
            words_and_json(random),
            f"{random.choice(WORDS)} {random.choice(WORDS)}",
            f"a\n\tb {random.choice(WORDS)}\r\n",
            random.choice(
                ("", "a, b", "{", "x: y", "[1]", "it's", "50%", 'say \\"', "// no", "```")
            ),
            random.randint(-1000, 100000),
            random.choice((0.5, -2.0, 1e-7, 3.25, -0.125)),
            True,
            False,
            None,
        )
    )


def root(random: Random) -> Any:
    """Like `sample`, but always an object or an array that is not empty."""
    value = sample(random)
    if isinstance(value, (dict, list)) and value:
        return value
    return {"only": value, "list": [value, 1, "z"], "more": {"k": [value]}}
