"""Tests that patches produce the value in Python and JavaScript, for any cuts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamparse
from benchmarks.corpus import DOCUMENTS
from streamparse import (
    ERROR_CODES,
    ArgumentCompleted,
    JSONParser,
    MessageParser,
    PatchApplier,
    PatchPacker,
    StreamParseError,
    StringDelta,
    ToolCall,
    ValueCompleted,
    ValueStarted,
    json_pointer,
    to_patches,
)
from tests.frontends.patch_vectors import VECTORS, Vector
from tests.growth import is_linear
from tests.helpers import cut, same
from tests.strategies import ANY_TEXTS, JSON_TEXTS, SIZES

MODULE = Path(streamparse.__file__).parent / "js" / "streamparse.js"
RUNNER = Path(__file__).parent / "apply_patches.mjs"


def batches(text: str, sizes: Sequence[int], **options: Any) -> list[list[Any]]:
    """Return the events of each `feed` and of `finish`."""
    parser = JSONParser(**options)
    return [*(parser.feed(piece) for piece in cut(text, sizes)), parser.finish()]


def applied(patches: list[Any], start: Any = None) -> Any:
    applier = PatchApplier(start)
    for patch in patches:
        applier.apply(patch)
    return applier.value


def plain(text: str, sizes: Sequence[int], **options: Any) -> list[Any]:
    return [to_patches(events) for events in batches(text, sizes, **options)]


def packed(text: str, sizes: Sequence[int], **options: Any) -> list[Any]:
    packer = PatchPacker()
    return [packer.pack(events) for events in batches(text, sizes, **options)]


def sent(patches: list[Any]) -> int:
    """Return the size of the patches as lines of JSON, without empty patches."""
    lines = (
        json.dumps(patch, separators=(",", ":"), ensure_ascii=False) for patch in patches if patch
    )
    return sum(len(line.encode()) + 1 for line in lines)


# Laws


@given(JSON_TEXTS, SIZES)
def test_replay_gives_the_value(text: str, sizes: Sequence[int]) -> None:
    value = streamparse.parse(text)
    assert same(applied(plain(text, sizes)), value)
    assert same(applied(packed(text, sizes)), value)
    # JSON in between must keep lone surrogates too.
    as_json = json.loads(json.dumps(packed(text, sizes)))
    assert same(applied(as_json), value)


@given(JSON_TEXTS, SIZES)
def test_the_value_is_that_of_the_parser_after_every_feed(text: str, sizes: Sequence[int]) -> None:
    parser, applier, packer = JSONParser(), PatchApplier(), PatchPacker()
    twin = PatchApplier()
    for piece in cut(text, sizes):
        events = parser.feed(piece)
        applier.apply(to_patches(events))
        twin.apply(packer.pack(events))
        assert same(applier.value, parser.value)
        assert same(twin.value, parser.value)


@given(ANY_TEXTS, SIZES)
def test_replay_of_repaired_text(text: str, sizes: Sequence[int]) -> None:
    """A value with repairs is replayed too, unless it was cut, for which there are no events."""
    parser, applier, packer = JSONParser("lenient"), PatchApplier(), PatchPacker()
    try:
        for piece in [*cut(text, sizes), None]:
            events = parser.finish() if piece is None else parser.feed(piece)
            applier.apply(packer.pack(events))
    except StreamParseError as error:
        applier.apply(packer.pack(error.events))
    if not parser.truncated:
        assert same(applier.value, parser.value)


@given(JSON_TEXTS, SIZES)
def test_without_append_it_is_json_patch(text: str, sizes: Sequence[int]) -> None:
    """The package `jsonpatch` applies the patches."""
    document = None
    operations = []
    for events in batches(text, sizes):
        patch = to_patches(events, append=False)
        operations += patch
        document = jsonpatch.apply_patch(document, patch)
    value = streamparse.parse(text)
    assert same(document, value)
    assert {operation["op"] for operation in operations} <= {"add", "replace"}
    assert same(applied([operations]), value)


@given(st.lists(JSON_TEXTS, max_size=4), SIZES)
def test_several_documents(texts: list[str], sizes: Sequence[int]) -> None:
    text = "\n".join(each.lstrip("\ufeff") for each in texts)
    value = [streamparse.parse(each.lstrip("\ufeff")) for each in texts]
    assert same(applied(plain(text, sizes, many=True), []), value)
    assert same(applied(packed(text, sizes, many=True), []), value)
    document: Any = []
    for events in batches(text, sizes, many=True):
        document = jsonpatch.apply_patch(document, to_patches(events, append=False))
    assert same(document, value)


@given(JSON_TEXTS, SIZES)
def test_all_at_once_is_one_operation(text: str, sizes: Sequence[int]) -> None:
    events = [event for batch in batches(text, sizes) for event in batch]
    for append in (True, False):
        [operation] = to_patches(iter(events), append=append)
        assert (operation["op"], operation["path"]) == ("add", "")
        assert same(operation["value"], streamparse.parse(text))


@given(JSON_TEXTS, SIZES)
def test_operations_are_not_changed(text: str, sizes: Sequence[int]) -> None:
    patches = plain(text, sizes)
    before = json.dumps(patches)
    assert same(applied(patches), applied(patches))
    assert json.dumps(patches) == before


def test_operations_share_nothing_with_the_parser() -> None:
    parser = JSONParser()
    patch = to_patches(parser.feed('[{"a": []}'))
    patch[0]["value"][0]["a"].append(1)
    assert parser.value == [{"a": []}]


# The form of patches


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (['"a', "b", 'c"'], [["", "a"], ["append", "", "b"], ["append", "", "c"]]),
        (["12", "3 "], [[], ["", 123]]),
        (["[1, [", "2", "], 3]"], [["", [1, []]], [], ["/1/0", 2, "/2", 3]]),
        (['{"a": 1, "a"', ": 2}"], [["", {"a": 1}], ["/a", 2]]),
        (['{"~/": "x', 'y", "": 0}'], [["", {"~/": "x"}], ["append", "/~0~1", "y", "/", 0]]),
        (['["x', 'y", "z', '"]'], [["", ["x"]], ["append", "/0", "y", "/1", "z"], []]),
        (['[{"a": "x', 'y"}, {"a": ["', '"]}]'],
         [["", [{"a": "x"}]], ["append", "/0/a", "y", "/1", {"a": [""]}], []]),
    ],
)  # fmt: skip
def test_operations(pieces: list[str], expected: list[list[Any]]) -> None:
    parser = JSONParser()
    for piece, flat in zip(pieces, expected, strict=True):
        rest, operations = list(flat), []
        while rest:
            op = rest.pop(0) if rest[0] == "append" else "add"
            operations.append({"op": op, "path": rest.pop(0), "value": rest.pop(0)})
        assert to_patches(parser.feed(piece)) == operations


def test_strings_without_append() -> None:
    """A string is added as far as it has arrived, and replaced when it is complete."""
    parser = JSONParser()
    pieces = ('{"a": "xyz", "b": "x', "y", 'z", "c": "', 'w"}')
    found = [to_patches(parser.feed(piece), append=False) for piece in pieces]
    assert found == [
        [{"op": "add", "path": "", "value": {"a": "xyz", "b": "x"}}],
        [],
        [
            {"op": "replace", "path": "/b", "value": "xyz"},
            {"op": "add", "path": "/c", "value": ""},
        ],
        [{"op": "replace", "path": "/c", "value": "w"}],
    ]


def test_packed_operations() -> None:
    parser, packer = JSONParser(), PatchPacker()
    pieces = ('{"items": [{"n', 'ame": "Ki', "wi", '", "n": 4}, {"name": "P', 'ear", "n', '": 5}]}')
    assert [packer.pack(parser.feed(piece)) for piece in pieces] == [
        [[0, {"items": [{}]}]],
        [[0, "items", 0, "name", "Ki"]],
        ["wi"],
        [[2, "n", 4], [1, 1, {"name": "P"}]],
        [[[2, "name"], "ear"]],
        [[2, "n", 5]],
    ]


def test_selected_nodes_need_a_document() -> None:
    parser = JSONParser(select="$.a[*]")
    [operation] = to_patches(parser.feed('{"a": ["x"'))
    assert operation == {"op": "add", "path": "/a/0", "value": "x"}
    with pytest.raises(StreamParseError):
        PatchApplier().apply([operation])
    assert applied([operation], {"a": []}) == {"a": ["x"]}


def test_nested_selected_nodes_are_not_misplaced() -> None:
    parser = JSONParser(select=["$", "$.a.b", "$.c[1]"])
    events = parser.feed('{"a": {"b": {}}, "c": [0, 1]}')
    paths = [operation["path"] for operation in to_patches(events)]
    assert paths == ["", "/a/b", "/c/1"]


# Messages


def chunk(delta: dict[str, Any], finish: str | None = None, choice: int = 0) -> dict[str, Any]:
    return {"choices": [{"index": choice, "delta": delta, "finish_reason": finish}]}


def call_chunk(index: int, text: str, name: str | None = None) -> dict[str, Any]:
    function = {"arguments": text} | ({"name": name} if name else {})
    return chunk({"tool_calls": [{"index": index, "function": function}]})


ARGUMENTS = ('{"city": "Paris", "days": [1, {"n": "x"}]}', '{"text": "a long, long text", "a": 2}')


@given(SIZES)
def test_arguments_of_calls(sizes: Sequence[int]) -> None:
    parser = MessageParser("openai-chat")
    appliers: dict[int, PatchApplier] = {0: PatchApplier(), 1: PatchApplier()}
    packers: dict[int, tuple[PatchPacker, PatchApplier]] = {}
    records = [call_chunk(index, "", "write") for index in (0, 1)]
    one, two = (cut(text, sizes) for text in ARGUMENTS)
    for place in range(max(len(one), len(two))):
        for index, pieces in enumerate((one, two)):
            if place < len(pieces):
                records.append(call_chunk(index, pieces[place]))
    for record in [*records, chunk({"content": "done"}, "tool_calls")]:
        events = parser.feed(record)
        for call in parser.message.tool_calls:
            applier = appliers[call.index]
            applier.apply(to_patches(events, of=call))
            assert applier.value == call.partial
            packer, twin = packers.setdefault(call.index, (PatchPacker(call), PatchApplier()))
            twin.apply(packer.pack(events))
            assert twin.value == call.partial
    assert [applier.value for applier in appliers.values()] == [json.loads(t) for t in ARGUMENTS]


@given(SIZES)
def test_outputs_of_several_choices(sizes: Sequence[int]) -> None:
    parser = MessageParser("openai-chat", output=dict)
    appliers = PatchApplier(), PatchApplier()
    pieces = [[chunk({"content": piece}, choice=choice) for piece in cut(ARGUMENTS[choice], sizes)]
              for choice in (0, 1)]  # fmt: skip
    for records in zip(*pieces, strict=False):
        events = [event for record in records for event in parser.feed(record)]
        for message, applier in zip(parser.messages, appliers, strict=True):
            applier.apply(to_patches(events, of=message))
            assert applier.value == message.partial_output


def test_a_single_document_needs_no_name() -> None:
    parser = MessageParser("openai-chat")
    events = [*parser.feed(chunk({"content": "I will."})), *parser.feed(call_chunk(0, "{}", "f"))]
    assert to_patches(events) == [{"op": "add", "path": "", "value": {}}]
    assert to_patches([]) == []


def test_documents_are_not_mixed() -> None:
    one, two = ToolCall(0), ToolCall(1)
    events = [ArgumentCompleted(one, (), 1), ArgumentCompleted(two, (), 2)]
    with pytest.raises(ValueError, match="several documents"):
        to_patches(events)
    with pytest.raises(ValueError, match="several documents"):
        to_patches([ValueCompleted((), 1), events[0]])
    assert to_patches(events, of=two) == [{"op": "add", "path": "", "value": 2}]
    assert PatchPacker(one).pack(events) == [[0, 1]]


# Bytes


@pytest.mark.parametrize("name", DOCUMENTS)
def test_packed_patches_are_short(name: str) -> None:
    """A document of 100 kB in deltas of four characters has a patch for each delta."""
    text = DOCUMENTS[name](100_000)
    assert sent(packed(text, [4])) <= 3 * len(text.encode())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_plain_patches_are_short_when_they_are_coalesced(name: str) -> None:
    text = DOCUMENTS[name](100_000)
    assert sent(plain(text, [200])) <= 3 * len(text.encode())


# Documents for which a pointer in each operation would take quadratic space.
LONG_KEY = '{"' + "k" * 10_000 + '": [' + "1, " * 10_000 + "2]}"
TOWER = "[" * 900 + "1, " * 10_000 + "2" + "]" * 900
DIGITS = "[" + "1," * 50_000 + "2]"


@pytest.mark.parametrize("text", [LONG_KEY, TOWER, DIGITS], ids=["long key", "tower", "digits"])
def test_bytes_of_packed_patches_are_linear(text: str) -> None:
    patches = packed(text, [4])
    assert sent(patches) <= 3 * len(text)
    assert same(applied(patches), json.loads(text))


def test_making_and_applying_is_linear() -> None:
    def stream(size: int) -> str:
        return (
            '{"text": "' + "word " * (size // 10) + '", "items": [' + "12, " * (size // 8) + "1]}"
        )

    def feed(pieces: Sequence[Any]) -> None:
        parser, packer, applier = JSONParser(), PatchPacker(), PatchApplier()
        for piece in pieces:
            applier.apply(packer.pack(parser.feed(piece)))
            assert applier.value is not None

    is_linear(feed, stream, 4)


# The applier


@pytest.mark.parametrize("vector", VECTORS, ids=[vector[0] for vector in VECTORS])
def test_vectors(vector: Vector) -> None:
    _, start, patches, value, code = vector
    assert outcome(start, patches) == (value, code)
    assert code is None or code in ERROR_CODES


def test_errors_have_a_path() -> None:
    applier = PatchApplier({"a": [{}]})
    with pytest.raises(StreamParseError, match="no value to append to: '/a/0/b'") as caught:
        applier.apply([{"op": "append", "path": "/a/0/b", "value": "x"}])
    assert caught.value.path == ("a", 0, "b")
    with pytest.raises(StreamParseError) as again:
        applier.apply([])
    assert again.value is not caught.value
    assert (again.value.code, again.value.path) == ("patch_target", ("a", 0, "b"))
    assert applier.value == {"a": [{}]}


@pytest.mark.parametrize("patch", ["[]", b"[]", 5, None])
def test_invalid_patches(patch: Any) -> None:
    with pytest.raises(TypeError, match="a patch is a list"):
        PatchApplier().apply(patch)


def test_the_start_is_not_changed() -> None:
    start = {"a": [1]}
    assert applied([[{"op": "add", "path": "/a/1", "value": 2}]], start) == {"a": [1, 2]}
    assert start == {"a": [1]}


def test_deep_values_are_copied_without_recursion() -> None:
    text = "[" * 900 + "]" * 900
    value = streamparse.parse(text)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        copy = applied([[{"op": "add", "path": "", "value": value}]])
    finally:
        sys.setrecursionlimit(limit)
    assert same(copy, value)
    assert copy is not value


@given(st.lists(st.text() | st.integers(0, 20), max_size=5).map(tuple))
def test_pointers_and_packed_paths_lead_to_the_same_place(path: tuple[Any, ...]) -> None:
    events: list[Any] = []
    for depth, step in enumerate(path):
        if isinstance(step, int):
            step = 0
        path = (*path[:depth], step, *path[depth + 1 :])
        events.append(ValueStarted(path[:depth], "object" if isinstance(step, str) else "array"))
    events += [ValueStarted(path, "string"), StringDelta(path, "x"), StringDelta(path, "y")]
    packer = PatchPacker()
    one = applied([to_patches([event]) for event in events])
    two = applied([packer.pack([event]) for event in events])
    assert same(one, two)
    assert streamparse.value_at(one, path) == "xy"
    assert json_pointer(path).count("/") >= len(path)


# streamparse.js


class Node:
    """The JavaScript module in a Node process, which reads and writes lines of JSON."""

    def __init__(self, program: str) -> None:
        command = [program, str(RUNNER), str(MODULE)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def ask(self, patches: list[Any], start: Any = None) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"start": start, "patches": patches}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert not answer.pop("polluted")
        assert isinstance(answer, dict)
        return answer

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    process = Node(program)
    yield process
    process.close()


def test_the_module_is_small() -> None:
    source = MODULE.read_bytes()
    assert len(source) <= 3_000
    assert b"import" not in source  # the module has no dependencies


@pytest.mark.parametrize("vector", VECTORS, ids=[vector[0] for vector in VECTORS])
def test_vectors_in_javascript(vector: Vector, node: Node) -> None:
    _, start, patches, value, code = vector
    assert node.ask(patches, start) == {"value": value, "code": code}


# Numbers that JavaScript represents and writes like Python.
_EXACT = 2**53 - 1
_NUMBERS = st.integers(-_EXACT, _EXACT) | st.floats(-float(_EXACT), float(_EXACT))
_NAMES = st.text(max_size=3) | st.sampled_from(["", "0", "-", "~/", "__proto__", "length", "a"])
VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=10,
)


@given(VALUES, SIZES, st.booleans())
def test_replay_in_javascript(
    node: Node, value: Any, sizes: Sequence[int], ascii_only: bool
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    for patches in (plain(text, sizes), packed(text, sizes)):
        assert node.ask(patches) == {"value": value, "code": None}
    without = [to_patches(events, append=False) for events in batches(text, sizes)]
    assert node.ask(without) == {"value": value, "code": None}


# Any operations, on which both appliers agree

_STEPS = st.sampled_from(["", "a", "0", "1", "01", "-", "~", "__proto__", "length", 0, 1, 2, -1])
_POINTERS = st.lists(_STEPS.map(str), max_size=3).map(lambda steps: json_pointer(tuple(steps)))
_SMALL = st.sampled_from([None, True, 0, 1, "", "x", [], {}, [1], {"a": "y"}, [["z"], {"0": {}}]])
_PLAIN = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "add", "replace", "append", "remove"]),
        "path": _POINTERS | st.sampled_from(["a", "/~", None]),
        "value": _SMALL,
    }
)
_WHERE = st.tuples(st.integers(-1, 3), st.lists(_STEPS, max_size=2)).map(lambda w: [w[0], *w[1]])
_PACKED = st.one_of(
    st.text("ab", max_size=2),
    st.tuples(_WHERE, _SMALL).map(lambda pair: [*pair[0], pair[1]]),
    st.tuples(_WHERE, st.text("ab", max_size=2)).map(list),
    _SMALL.map(lambda value: [value]),
    _SMALL,
)


_PATCHES = st.lists(st.lists(_PLAIN | _PACKED, max_size=3), max_size=6)


def outcome(start: Any, patches: list[Any]) -> tuple[Any, str | None]:
    """Return the value at the end, and the code of the error. Other exceptions are not caught."""
    applier = PatchApplier(start)
    code = None
    try:
        for patch in patches:
            applier.apply(patch)
    except StreamParseError as error:
        code = error.code
    return applier.value, code


@given(_SMALL, _PATCHES)
def test_any_operations(start: Any, patches: list[Any]) -> None:
    before = json.dumps([start, patches])
    _, code = outcome(start, patches)
    assert code in (None, "invalid_patch", "patch_target")
    assert json.dumps([start, patches]) == before


@given(_SMALL, _PATCHES)
def test_any_operations_in_javascript(node: Node, start: Any, patches: list[Any]) -> None:
    value, code = outcome(start, patches)
    assert node.ask(patches, start) == {"value": value, "code": code}


def deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "operation",
    [
        {"op": deep(5_000), "path": "", "value": 1},
        [deep(5_000), "x", 1],
        [{"a": deep(5_000)}, "x", 1],
        [0, 10**5_000, 1],
        [10**5_000, "a", 1],
        {"op": "x" * 1_000_000, "path": "", "value": 1},
    ],
    ids=["op", "path", "shared", "step", "number", "long"],
)
def test_errors_for_huge_operations_are_short(operation: Any) -> None:
    applier = PatchApplier([1])
    for _ in range(2):
        with pytest.raises(StreamParseError) as caught:
            applier.apply([operation])
        assert caught.value.code == "invalid_patch"
        assert len(caught.value.message) < 200
