"""Tests of the differences between the interpreted and the compiled build.

Programs that use the documented interface see no difference. These tests cover the details that
do differ, and each asserts what is true of the loaded build.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import inspect
import pickle
import re
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from streamparse import (
    COMPILED,
    JSONParser,
    JSONSyntaxError,
    StringDelta,
    ValueCompleted,
    ValueStarted,
)
from streamparse._core import builder, chain, machine, parser, selector, sink, writer
from streamparse.protocols import Sink, Validator, ValidatorFactory
from tests.parts import RecordingValidator

ROOT = Path(__file__).parents[1]
NATIVE = [ValueStarted, StringDelta, ValueCompleted, JSONParser]
EVENTS = [ValueStarted((), "object"), StringDelta((), "x"), ValueCompleted((), 1)]
INSTANCES = [*EVENTS, JSONParser()]
MODULES = [builder, chain, machine, parser, selector, sink, writer]


def load_build_hook() -> ModuleType:
    pytest.importorskip("hatchling", reason="needs the build backend")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Code that mypyc translates wrongly or not at all, although mypy accepts it


def compiled_sources() -> dict[str, ast.Module]:
    if not (ROOT / "streamparse").is_dir():
        pytest.skip("needs the sources")
    names = load_build_hook().modules_to_compile(ROOT)
    return {name: ast.parse((ROOT / name).read_text(encoding="utf-8")) for name in names}


def kept_generators(tree: ast.Module) -> list[int]:
    """Return the lines of generator expressions that are not consumed at once.

    mypyc makes a list of a generator expression, so it may only be the argument of a call such as
    `any`, or the iterable of a loop.
    """
    nodes = list(ast.walk(tree))
    read = [arg for node in nodes if isinstance(node, ast.Call) for arg in node.args]
    read += [node.iter for node in nodes if isinstance(node, (ast.For, ast.comprehension))]
    return [x.lineno for x in nodes if isinstance(x, ast.GeneratorExp) and x not in read]


def unpacked_memberships(tree: ast.Module) -> list[int]:
    """Return the lines of tests such as `x in (*a, *b)`, which mypyc cannot translate."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for operator, right in zip(node.ops, node.comparators, strict=True)
        if isinstance(operator, (ast.In, ast.NotIn))
        and isinstance(right, (ast.Tuple, ast.List, ast.Set))
        and any(isinstance(item, ast.Starred) for item in right.elts)
    ]


def literal_surrogates(tree: ast.Module) -> list[int]:
    """Return the lines of literals with a lone surrogate, which cannot be written to a C file."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.search("[\ud800-\udfff]", node.value)
    ]


@pytest.mark.parametrize("rule", [kept_generators, unpacked_memberships, literal_surrogates])
def test_compiled_modules_avoid(rule: Callable[[ast.Module], list[int]]) -> None:
    sources = compiled_sources()
    assert [f"{name}:{line}" for name, tree in sources.items() for line in rule(tree)] == []


def attributes_of(kind: ast.ClassDef) -> dict[str, int]:
    """Return the attributes that a class declares by annotations, with their lines."""
    found = {}
    for node in ast.walk(kind):
        if not isinstance(node, ast.AnnAssign) or "ClassVar" in ast.unparse(node.annotation):
            continue
        if node in kind.body or ast.unparse(node.target).startswith("self."):
            found[ast.unparse(node.target).removeprefix("self.")] = node.lineno
    return found


def classes_of(trees: Iterable[ast.Module]) -> dict[str, ast.ClassDef]:
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}


def bases_of(kind: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """Return all compiled base classes of a class."""
    found: list[ast.ClassDef] = []
    for base in kind.bases:
        above = classes.get(ast.unparse(base))
        if above is not None:
            found += [above, *bases_of(above, classes)]
    return found


def declared_twice(classes: dict[str, ast.ClassDef]) -> list[str]:
    """Return the attributes that are declared again in a subclass.

    mypyc would list them twice: the garbage collector would count each reference twice and might
    free a value in use.
    """
    return [
        f"{kind.name}.{name}"
        for kind in classes.values()
        for name in attributes_of(kind)
        if any(name in attributes_of(base) for base in bases_of(kind, classes))
    ]


def second_bases(classes: dict[str, ast.ClassDef]) -> list[str]:
    """Return the classes with a second compiled base class that is not a trait."""
    return [
        f"{kind.name}({base.name})"
        for kind in classes.values()
        for expression in kind.bases[1:]
        if (base := classes.get(ast.unparse(expression))) is not None
        and "trait" not in [ast.unparse(mark) for mark in base.decorator_list]
    ]


@pytest.mark.parametrize("rule", [declared_twice, second_bases])
def test_compiled_classes_avoid(rule: Callable[[dict[str, ast.ClassDef]], list[str]]) -> None:
    assert rule(classes_of(compiled_sources().values())) == []


def test_the_rules_find_violations() -> None:
    tree = ast.parse(
        """
class A:
    def __init__(self):
        self.x: int = 1
class B(A):
    kinds: ClassVar[int] = 1
    def work(self):
        self.x: int = 2
class C(B, A): ...
kept = (y for y in z)
fine = any(y for y in z)
y in (*a, *b)
y in (a, b)
half = "\\ud800"
"""
    )
    classes = classes_of([tree])
    assert declared_twice(classes) == ["B.x"]
    assert second_bases(classes) == ["C(A)"]
    assert kept_generators(tree) == [10]
    assert unpacked_memberships(tree) == [12]
    assert literal_surrogates(tree) == [14]


# Common behaviour


def test_all_modules_of_the_core_are_of_one_build() -> None:
    for module in MODULES:
        assert (not str(module.__file__).endswith(".py")) is COMPILED


@pytest.mark.parametrize("kind", NATIVE)
def test_names(kind: type) -> None:
    assert kind.__module__ in ("streamparse._core.events", "streamparse._core.parser")
    assert kind.__qualname__ == kind.__name__


@pytest.mark.parametrize("instance", INSTANCES, ids=repr)
def test_no_attribute_can_be_added(instance: Any) -> None:
    with pytest.raises(AttributeError):
        instance.note = "mine"
    with pytest.raises(AttributeError):
        _ = instance.note
    assert not hasattr(instance, "__dict__")


@pytest.mark.parametrize("instance", INSTANCES, ids=repr)
def test_weak_references(instance: Any) -> None:
    with pytest.raises(TypeError, match="weak reference"):
        weakref.ref(instance)


@pytest.mark.parametrize("name", ["value", "open_path", "done", "started", "remainder"])
def test_attributes_of_a_parser_are_read_only(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(JSONParser(), name, None)


def test_the_fields_of_an_event_can_be_set() -> None:
    event = ValueStarted((), "object")
    event.path = ("moved",)
    assert event == ValueStarted(("moved",), "object")


@pytest.mark.parametrize("instance", EVENTS, ids=repr)
def test_the_type_of_an_event_cannot_be_set(instance: Any) -> None:
    with pytest.raises(AttributeError):
        instance.type = "mine"


@pytest.mark.parametrize("kind", NATIVE[:3])
def test_too_few_arguments(kind: Any) -> None:
    with pytest.raises(TypeError, match="required"):
        kind()
    with pytest.raises(TypeError):
        kind((), "x", "more")


def test_sinks_and_validators_may_be_written_in_python() -> None:
    class Mine(Sink):
        pass

    class MyValidator(Validator):
        pass

    class MyFactory(ValidatorFactory):
        pass

    assert isinstance(Mine(), Sink)
    assert isinstance(MyValidator(), Validator)
    assert isinstance(MyFactory(), ValidatorFactory)


def test_attributes_of_a_validator_written_in_python() -> None:
    validator = RecordingValidator(7)
    validator.wants_whole = True
    validator.seen.append("x")
    for again in (pickle.loads(pickle.dumps(validator)), copy.copy(validator), validator.clone()):
        assert (again.bound, again.seen, again.precise) == (7, ["x"], True)


class Plain(Validator):
    """A validator with attributes and without methods for pickling."""

    def __init__(self) -> None:
        super().__init__()
        self.mine = [1]


def test_a_validator_written_in_python_pickles_by_itself() -> None:
    validator = Plain()
    validator.violations.append("found")
    validator.mine.append(2)
    for again in (
        pickle.loads(pickle.dumps(validator)),
        copy.copy(validator),
        copy.deepcopy(validator),
    ):
        assert (again.mine, again.violations, again.precise) == ([1, 2], ["found"], True)


# Differences


@pytest.mark.parametrize("kind", NATIVE)
def test_subclasses(kind: Any) -> None:
    mine: Any = type("Mine", (kind,), {})
    if COMPILED:
        with pytest.raises(TypeError, match="cannot inherit"):
            mine.__new__(mine)
    else:
        assert isinstance(mine.__new__(mine), kind)


def test_wrong_types_of_arguments() -> None:
    wrong: list[Callable[[], object]] = [
        lambda: ValueStarted((), 5),  # type: ignore[arg-type]
        lambda: StringDelta((), 5),  # type: ignore[arg-type]
        lambda: JSONParser(many=1),  # type: ignore[arg-type]
    ]
    for call in wrong:
        if COMPILED:
            with pytest.raises(TypeError, match="object expected; got"):
                call()
        else:
            call()


def test_annotations_and_signatures() -> None:
    assert list(inspect.signature(JSONParser.feed).parameters) == ["self", "fragment"]
    assert hasattr(JSONParser.feed, "__annotations__") is not COMPILED
    parameters = inspect.signature(JSONParser).parameters
    assert [parameters["dialect"].default, parameters["many"].default] == ["strict", False]
    assert (parameters["limits"].default is ...) is COMPILED  # The default has no literal form.


@pytest.mark.parametrize("kind", NATIVE)
def test_docstrings_of_classes(kind: type) -> None:
    assert kind.__doc__


@pytest.mark.parametrize("event", EVENTS, ids=repr)
def test_fields_of_an_event_can_be_deleted(event: Any) -> None:
    event = copy.copy(event)
    name = event.__match_args__[1]
    if COMPILED:
        with pytest.raises(AttributeError, match="cannot be deleted"):
            delattr(event, name)
    else:
        delattr(event, name)
        assert not hasattr(event, name)


def test_the_build_reads_signatures_and_docstrings() -> None:
    hook = load_build_hook()
    source = '''
class Bed:
    """A bed.

    Attributes:
        width: In metres,
            inside.
    """

    def __init__(self, width: float = 1.0, *, soil: object = Any) -> None: ...

    @property
    def area(self) -> float:
        "Its area."

def dig(bed): 'Dig "it" – now.'
'''
    found = hook.docstrings(ast.parse(source))
    assert found["Bed"][0] == "Bed(width=1.0, *, soil=...)\n--\n\n"
    assert found["Bed.width"] == ("", "In metres, inside.")
    assert found["Bed.area"][1] == "Its area."
    assert found["dig"] == ("dig(bed)\n--\n\n", 'Dig "it" – now.')
    assert hook.c_string('a"b\n') == '"a\\042b\\012"'


def test_tracebacks_name_functions_and_lines() -> None:
    with pytest.raises(JSONSyntaxError) as caught:
        JSONParser().feed('{"a": [1, tru3]}')
    frames = [frame for frame in caught.traceback if "_core" in str(frame.path)]
    assert len(frames) > 3
    for frame in frames:
        # A wheel of the compiled build contains the sources beside the modules.
        path = Path(machine.__file__).with_name(Path(frame.path).name)
        source = path.read_text(encoding="utf-8")
        assert any(
            node.name == frame.name and node.lineno <= frame.lineno + 1 <= (node.end_lineno or 0)
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef)
        )


TRANSLATED = """\
#include "__native_x.h"
#include "__native_internal_x.h"
int64_t CPyDef_text___size(PyObject *cpy_r_text, int64_t cpy_r_pos) {
    if (cpy_r_pos) {
        return 1;
    }
    return 2;
}
int64_t CPyDef_text___resize(PyObject *cpy_r_text) {
    return 3;
}
"""
IN_C = """\
#define ONE 1

static int64_t size(PyObject *text, int64_t pos) {
    return ONE;
}
"""


def test_the_build_inserts_functions_in_c(tmp_path: Path) -> None:
    hook = load_build_hook()
    source = tmp_path / "text.c"
    assert hook.with_c(TRANSLATED, source) == TRANSLATED
    source.write_text(IN_C, encoding="utf-8")
    internal = '#include "__native_internal_x.h"\n'
    before, after = TRANSLATED.split(internal)
    body = after[after.index("    if") : after.index("}\nint64_t")]
    after = after.replace(body, "    return size(cpy_r_text, cpy_r_pos);\n")
    assert hook.with_c(TRANSLATED, source) == before + internal + IN_C + after
    source.write_text(IN_C.replace(" size(", " length("), encoding="utf-8")
    with pytest.raises(hook.CompileError, match="0 functions 'length'"):
        hook.with_c(TRANSLATED, source)


C_CODE = """\
#include "__native_x.h"
    PyObject *CPyPy_m____hidden(PyObject *self, PyObject *const *args) {
        CPy_AddTraceback("m.py", "_hidden", 9, CPyStatic_m___globals);
    }
    PyObject *CPyPy_m____named(PyObject *self, PyObject *const *args) {
        CPy_AddTraceback("m.py", "_named", 7, CPyStatic_m___globals);
        CPy_TypeErrorTraceback("m.py", "shown", 2, CPyStatic_m___globals, "str", cpy_r_x);
    }
"""


def test_the_build_shortens_the_code_for_tracebacks() -> None:
    hook = load_build_hook()
    code = hook.with_places(C_CODE)
    assert r'names_m___globals[] = "_hidden\0_named\0shown"' in code
    assert "    AddTraceback_m___globals(9);" in code
    assert f"    AddTraceback_m___globals({8 << 16 | 7});" in code
    assert f'    TypeErrorTraceback_m___globals({15 << 16 | 2}, "str", cpy_r_x);' in code
    far = C_CODE.replace(", 9,", ", 70000,")
    assert hook.with_places(far) == far
    assert hook.with_places("") == ""
