"""Patches and their results, for `PatchApplier` in Python and in JavaScript.

A vector is (name, value at the start, patches, value at the end, code of the error or None).
"""

from __future__ import annotations

from typing import Any, Final

Vector = tuple[str, Any, list[Any], Any, str | None]


def op(name: str, path: Any, value: Any) -> dict[str, Any]:
    return {"op": name, "path": path, "value": value}


_DEEP: Final = {"a": [{"b": "x"}, 1]}

VECTORS: Final[list[Vector]] = [
    ("nothing", None, [], None, None),
    ("an empty patch", {"a": 1}, [[]], {"a": 1}, None),
    ("a root", None, [[op("add", "", {"a": 1})]], {"a": 1}, None),
    ("a root again", None, [[op("add", "", [1]), op("add", "", "x")]], "x", None),
    ("a root that is a scalar", None, [[op("add", "", False)]], False, None),
    ("a root string grows", None, [[op("add", "", "")], [op("append", "", "é😀")]], "é😀", None),
    ("null is a value", {"a": 1}, [[op("replace", "/a", None)]], {"a": None}, None),
    ("a member", {}, [[op("add", "/a", [])]], {"a": []}, None),
    ("a member again", {"a": 1, "b": 2}, [[op("add", "/a", {})]], {"a": {}, "b": 2}, None),
    ("items", [], [[op("add", "/0", 1), op("add", "/1", 2), op("add", "/-", 3)]], [1, 2, 3], None),
    ("an item in between", [1, 2], [[op("add", "/1", 9)]], [1, 9, 2], None),
    ("replaced item", [1, 2], [[op("replace", "/1", [])]], [1, []], None),
    ("one operation without a list", {}, [op("add", "/a", 1)], {"a": 1}, None),
    ("inside", _DEEP, [[op("append", "/a/0/b", "y")]], {"a": [{"b": "xy"}, 1]}, None),
    ("an empty key", {}, [[op("add", "/", 1), op("add", "/ ", 2)]], {"": 1, " ": 2}, None),
    ("empty keys", {"": {"": 0}}, [[op("add", "//", 1)]], {"": {"": 1}}, None),
    ("escaped keys", {}, [[op("add", "/~0~1", 1), op("add", "/~01", 2)]], {"~/": 1, "~1": 2}, None),
    (
        "names that look like indexes",
        {},
        [[op("add", "/0", 1), op("add", "/-", 2)]],
        {"0": 1, "-": 2},
        None,
    ),
    (
        "append continues",
        {"a": "x"},
        [[op("append", "/a", "1"), op("append", "/a", "2")], [op("append", "/a", "3")]],
        {"a": "x123"},
        None,
    ),
    ("append of nothing", {"a": "x"}, [[op("append", "/a", "")]], {"a": "x"}, None),
    (
        "append after a replacement",
        {"a": "x"},
        [[op("append", "/a", "1"), op("replace", "/a", "y"), op("append", "/a", "2")]],
        {"a": "y2"},
        None,
    ),
    (
        "append in the middle of a list",
        ["a", "b"],
        [[op("append", "/0", "1"), op("add", "/0", "z"), op("append", "/1", "2")]],
        ["z", "a12", "b"],
        None,
    ),
    (
        "names with a meaning in JavaScript",
        {},
        [
            [
                op("add", "/__proto__", {}),
                op("add", "/__proto__/polluted", "ye"),
                op("append", "/__proto__/polluted", "s"),
                op("add", "/constructor", 1),
            ]
        ],
        {"__proto__": {"polluted": "yes"}, "constructor": 1},
        None,
    ),
    (
        "packed",
        None,
        [
            [[0, {"a": "x"}]],
            [[[0, "a"], "y"], "z"],
            ["!"],
            [[0, "b", []], [1, 0, {}], [2, "c", None]],
        ],
        {"a": "xyz!", "b": [{"c": None}]},
        None,
    ),
    ("packed root", None, [[[0, ""]], ["ab"], ["c"]], "abc", None),
    ("packed at the last path", None, [[[0, {}], [0, "a", 1], [1, "x"], "y"]], {"a": "xy"}, None),
    (
        "packed unusual names",
        {},
        [[[0, "", {}], [1, "~/", {}], [2, "0", "x"]], ["y"]],
        {"": {"~/": {"0": "xy"}}},
        None,
    ),
    ("packed names of prototypes", {}, [[[0, "__proto__", "x"], "y"]], {"__proto__": "xy"}, None),
    ("packed end of a list", [], [[[0, "-", "x"], "y"], [[0, 1, "z"]]], ["xy", "z"], None),
    (
        "packed after plain",
        None,
        [[op("add", "", {"a": {}})], [op("add", "/a/b", "x")], ["y"], [[1, "c", 2]]],
        {"a": {"b": "xy", "c": 2}},
        None,
    ),
    (
        "packed next items",
        None,
        [[[0, []], [0, 0, 1], [2], ["x"], "y"], [[[]]], [[1, 0, 1], [[0, "a"]]], [[0, 4, 6], [7]]],
        [1, 2, "xy", [1, [0, "a"]], 6, 7],
        None,
    ),
    ("packed next item in the middle", [1, 2], [[[0, 0, "x"], [5]]], ["x", 5, 1, 2], None),
    # Operations that do not fit
    ("nothing inside of nothing", None, [[op("add", "/a", 1)]], None, "patch_target"),
    (
        "operations before an error are applied",
        {},
        [[op("add", "/a", 1), op("add", "/b/c", 1)]],
        {"a": 1},
        "patch_target",
    ),
    ("nothing to replace", {}, [[op("replace", "/a", 1)]], {}, "patch_target"),
    ("nothing to append to", {}, [[op("append", "/a", "x")]], {}, "patch_target"),
    ("no string to append to", {"a": 1}, [[op("append", "/a", "x")]], {"a": 1}, "patch_target"),
    ("no root to append to", None, [["x"]], None, "patch_target"),
    ("behind the end", [1], [[op("add", "/2", 1)]], [1], "patch_target"),
    ("replacing behind the end", [1], [[op("replace", "/1", 1)]], [1], "patch_target"),
    ("inside of a string", {"a": "xyz"}, [[op("add", "/a/0", 1)]], {"a": "xyz"}, "patch_target"),
    ("length is no member of a list", [], [[op("add", "/length", 5)]], [], "patch_target"),
    ("inherited names are no members", {}, [[op("add", "/toString/x", 1)]], {}, "patch_target"),
    ("leading noughts", [1, 2], [[op("add", "/01", 1)]], [1, 2], "patch_target"),
    ("no negative index", [1, 2], [[op("add", "/-1", 1)]], [1, 2], "patch_target"),
    ("no other digits", [1, 2], [[op("add", "/\u0661", 1)]], [1, 2], "patch_target"),
    ("a huge index", [1], [[op("add", "/" + "9" * 40, 1)]], [1], "patch_target"),
    ("a packed index for a name", {}, [[[0, 0, 1]]], {}, "patch_target"),
    ("a packed negative index", [1], [[[0, -1, 1]]], [1], "patch_target"),
    # Invalid operations
    ("no item before a packed one", {}, [[[0, "5", 1], [2]]], {"5": 1}, "invalid_patch"),
    ("no item before the first", [], [[[1]]], [], "invalid_patch"),
    *[
        (f"no operation: {bad!r}", {"a": "x"}, [[bad]], {"a": "x"}, "invalid_patch")
        for bad in (
            None,
            5,
            True,
            [],
            [0],  # there is no last item
            ["a", 1],
            [-1, 1],
            [1, 1],
            [0.5, 1],
            [None, 1],
            [0, None, 1],
            [0, [], 1],
            [0, 0.5, 1],
            [[0, "a"]],
            [[0, "a"], "x", "y"],
            [[], "x"],
            [["a"], "x"],
            [[0, "a"], 1],
            {},
            {"op": "add"},
            {"op": "add", "path": "/a"},
            {"op": "add", "value": 1},
            op("remove", "/a", 1),
            op("test", "/a", "x"),
            op("__proto__", "/a", 1),
            op("add", "a", 1),
            op("add", "/~", 1),
            op("add", "/~2", 1),
            op("add", None, 1),
            op("add", ["a"], 1),
            op("append", "/a", 1),
            op("append", "/a", None),
        )
    ],
    (
        "nothing after a failure",
        {"a": "x"},
        [[op("add", "/a", "y"), 5, op("add", "/a", "z")], []],
        {"a": "y"},
        "invalid_patch",
    ),
]
