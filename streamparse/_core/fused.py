"""Machine and builder in one loop, for interpreted code.

Compiled, a call between the two costs next to nothing, and an attribute is a field of a struct.
Interpreted, calls and attributes are half the cost of a delta. So what is usual is done here once
more, by a generator: its local variables are the state from one fragment to the next.

Rule 1: only what is usual, inside one document. Before anything else (its first and last
character, an error, a limit that comes near, a `\\u` escape, a long fragment) the state goes back
to where it came from, and the machine reads on: cut there, the text means the same.
Rule 2: whoever looks at the machine or the builder sends None first, which puts the state back;
"" is enough for who only wants to see the value.
"""

from __future__ import annotations

from collections.abc import Generator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final

from streamparse._core.builder import Builder
from streamparse._core.events import StringDelta, ValueCompleted, ValueStarted
from streamparse._core.grammar import (
    AFTER_NUMBER,
    COMPILED,
    INTEGER,
    LITERALS,
    LONG_RUN,
    MAY_END,
    NUMBER_REST,
    STANDS,
    START,
    WORDS,
)
from streamparse._core.machine import (
    AFTER,
    COLON,
    ESCAPE,
    FIRST_ITEM,
    FIRST_KEY,
    KEY,
    LITERAL,
    NUMBER,
    STRING,
    VALUE,
    Machine,
)

Reading = Generator[list[Any], str | None, None]

_NUMBER: Final = "-0123456789"
_PAUSE: Final = 8  # fragments left to the machine then: what is unusual seldom comes alone
_LONG_NUMBER: Final = 20  # from here on the machine looks at its limits
_MAY_CLOSE: Final = (AFTER, FIRST_ITEM, FIRST_KEY)

_new: Final = object.__new__


def can_read(machine: Machine, builder: Builder) -> bool:
    """Is the build interpreted, and is there nothing but the usual to ask of the two?"""
    return (
        not COMPILED
        and type(machine) is Machine
        and machine.sink is builder
        and type(builder) is Builder
        and builder.reporter is None
        and machine.parse_int is int
        and machine.parse_float is float
        and min(machine.number_limit, machine.digits_limit) >= _LONG_NUMBER
        and not machine.counting
        and not machine.stop
    )


def reading(machine: Machine, builder: Builder) -> Reading:
    """Takes fragments of text and gives their events.

    None in place of a fragment puts the state back, "" shows the open string where it belongs; the
    answer to these means nothing.
    """
    events: list[Any] = []
    pause = 0
    members: Any
    items: Any
    event: Any
    value: Any
    text = yield events
    while True:
        while not text:
            if text is not None:
                builder.show()
            text = yield events
        pos = 0
        events, builder.events = builder.events, []  # those of an interrupted feed, if any
        if pause:
            pause -= 1
        elif machine.plain and machine.depth:
            # The state, in local variables until something unusual comes.
            state, base, checkpoint = machine.state, machine.offset, machine.checkpoint
            in_key, origin, held = machine.in_key, machine.origin, machine.held
            grammar, word, matched = machine.grammar, machine.word, machine.matched
            depth, depth_limit = machine.depth, machine.depth_limit
            stack, counts, recent = machine.stack, machine.counts, machine.recent
            builder.unsettle()
            members, items, index = builder.members, builder.items, builder.index
            outer, path, key = builder.base, builder.path, builder.key
            buffer, slotted, shown = builder.buffer, builder.slotted, False
            builder.buffer = builder.key = ""  # so that the local ones are appended in place
            holders, indexes, bases = builder.holders, builder.indexes, builder.bases
            try:
                while True:
                    end = len(text)
                    if base + end > checkpoint:
                        break
                    while pos < end:
                        if state <= ESCAPE:
                            if not state:
                                got, quote, _ = (text[pos:] if pos else text).partition('"')
                                if "\\" in got:
                                    if end > LONG_RUN:
                                        break
                                    got, size, quote = _decoded(text[pos:])
                                    if size < 0:
                                        break
                                    origin += size - len(got)
                                    pos += size
                                elif got.isprintable():
                                    pos += len(got)
                                else:
                                    break
                            else:
                                if held:
                                    break
                                got, size, quote = _decoded("\\" + text[pos:])
                                if size < 0:
                                    break
                                origin += size - 1 - len(got)
                                pos += size - 1
                                state = STRING
                            if in_key:
                                key += got
                            elif got:
                                if shown:  # there would be another reference
                                    shown = False
                                    if items is None:
                                        members[key] = ""
                                    else:
                                        items[-1] = ""
                                buffer += got
                                event = _new(StringDelta)
                                event.path = path
                                event.text = got
                                events.append(event)
                            if not quote:
                                continue
                            pos += 1
                            if quote == "\\":
                                origin += 1
                                state = ESCAPE
                            elif in_key:
                                in_key = False
                                state = COLON
                            else:
                                if items is None:
                                    members[key] = buffer
                                elif slotted:
                                    items[-1] = buffer
                                else:
                                    items.append(buffer)
                                event = _new(ValueCompleted)
                                event.path = path
                                event.value = buffer
                                events.append(event)
                                buffer = ""
                                slotted = shown = False
                                state = AFTER
                            continue
                        char = text[pos]
                        if char == '"':
                            if state < VALUE or state > FIRST_KEY:
                                break
                            if state >= KEY:
                                key = ""
                                in_key = True
                            else:
                                if items is None:
                                    path = outer + (key,)
                                else:
                                    path = outer + (index,)
                                    index += 1
                                event = _new(ValueStarted)
                                event.path = path
                                event.kind = "string"
                                events.append(event)
                            pos += 1
                            origin = base + pos
                            state = STRING
                            continue
                        if char == "," and state == AFTER:
                            state = KEY if items is None else VALUE
                            pos += 1
                            continue
                        if char == ":" and state == COLON:
                            state = VALUE
                            pos += 1
                            continue
                        if char == " " and state >= VALUE:
                            pos += 1
                            continue
                        if state == NUMBER and char in AFTER_NUMBER:
                            if not MAY_END[grammar] or len(held) >= _LONG_NUMBER:
                                break
                            value = int(held) if grammar <= INTEGER else float(held)
                            held = ""
                        elif state == NUMBER or (VALUE <= state <= FIRST_ITEM and char in _NUMBER):
                            if state != NUMBER:
                                grammar = START
                            found = NUMBER_REST[grammar].match(text, pos)
                            assert found is not None
                            stop = found.end()
                            if stop == pos or len(held) + stop - pos >= _LONG_NUMBER:
                                break
                            grammar = STANDS[grammar][found.lastindex or 0]
                            held += text[pos:stop]
                            pos = stop
                            state = NUMBER
                            continue
                        elif state == LITERAL or (char in "tfn" and VALUE <= state <= FIRST_ITEM):
                            if state != LITERAL:
                                word = WORDS[char]
                                matched = 0
                                state = LITERAL
                            rest = word[matched:] if matched else word
                            if not text.startswith(rest, pos):
                                if not rest.startswith(text[pos:]):
                                    break
                                matched += end - pos
                                pos = end
                                continue
                            pos += len(rest)
                            value = LITERALS[word]
                        elif (char == "{" or char == "[") and VALUE <= state <= FIRST_ITEM:
                            if depth >= depth_limit:
                                break
                            stack.append(items is not None)
                            counts.append(0)
                            depth += 1
                            bases.append(outer)
                            indexes.append(index + 1)
                            value = {} if char == "{" else []
                            if items is None:
                                holders.append(members)
                                members[key] = value
                                outer = outer + (key,)
                            else:
                                holders.append(items)
                                items.append(value)
                                outer = outer + (index,)
                            event = _new(ValueStarted)
                            event.path = outer
                            index = 0
                            if char == "{":
                                event.kind = "object"
                                members, items, state = value, None, FIRST_KEY
                            else:
                                event.kind = "array"
                                members, items, state = None, value, FIRST_ITEM
                            events.append(event)
                            pos += 1
                            continue
                        elif (char == ("}" if items is None else "]")) and state in _MAY_CLOSE:
                            if depth == 1:
                                break
                            event = _new(ValueCompleted)
                            event.path = outer
                            event.value = members if items is None else items
                            events.append(event)
                            holder = holders.pop()
                            outer, index = bases.pop(), indexes.pop()
                            stack.pop()
                            counts.pop()
                            depth -= 1
                            if isinstance(holder, dict):
                                members, items = holder, None
                            else:
                                members, items = None, holder
                            state = AFTER
                            pos += 1
                            continue
                        elif char == "\n" and state >= VALUE:
                            pos += 1
                            machine.line += 1
                            machine.line_start = base + pos
                            continue
                        else:
                            break
                        # A number or literal is whole.
                        event = _new(ValueCompleted)
                        if items is None:
                            members[key] = value
                            event.path = outer + (key,)
                        else:
                            items.append(value)
                            event.path = outer + (index,)
                            index += 1
                        event.value = value
                        events.append(event)
                        state = AFTER
                    else:
                        recent.append(text)
                        base += end
                        pos = 0
                        text = yield events
                        events = []
                        while not text:
                            if text is None:
                                break
                            if state <= ESCAPE and not in_key and not shown:
                                if items is None:
                                    members[key] = buffer
                                elif slotted:
                                    items[-1] = buffer
                                else:
                                    items.append(buffer)
                                slotted = shown = True
                            text = yield events
                        if text is None:
                            break
                        continue
                    pause = _PAUSE
                    break
            except GeneratorExit:
                raise
            except BaseException:  # an interrupt: what is known by now comes with the next fragment
                builder.events = events
                raise
            finally:
                machine.state, machine.offset = state, base + pos
                machine.in_key, machine.origin, machine.held = in_key, origin, held
                machine.grammar, machine.word, machine.matched = grammar, word, matched
                machine.depth, machine.in_array = depth, items is not None
                builder.members, builder.items, builder.index = members, items, index
                builder.base, builder.path, builder.key = outer, path, key
                builder.buffer, builder.slotted, builder.settled = buffer, slotted, shown
                builder.in_string = state <= ESCAPE and not in_key
                buffer = key = ""
            if text is None:
                continue
            if pos:
                recent.append(text[:pos])
                text = text[pos:]
        builder.events = events
        machine.feed(text)
        events = builder.events
        builder.events = []
        text = yield events


def _decoded(text: str) -> tuple[str, int, str]:
    """What `text` begins with inside a string, its escapes of one letter decoded.

    Also how much text that was, and what follows it: a quote, a backslash that ends the text, or
    nothing. The size is -1 where a closer look is needed.
    """
    if "\\u" in text or not text.isprintable():
        return "", -1, ""
    whole = text
    if text[-1] == "\\" and (len(text) - len(text.rstrip("\\"))) % 2:
        whole = text[:-1]  # an escape that is cut
    try:
        got, stop = scanstring(whole + '"', 0)
    except ValueError:
        return "", -1, ""
    return got, stop - 1, text[stop - 1 : stop]
