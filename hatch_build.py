"""Build hook for the wheel: compiles the modules in COMPILED with mypyc if that is possible.

There are two builds of the same sources. A wheel is compiled as a whole or not at all: a failure
gives a pure wheel that works everywhere (`py3-none-any`). Editable installs are always pure, and
nothing is written into the checkout, because an extension module there would shadow its source
file.

Environment:
    STREAMPARSE_PURE=1           do not compile
    STREAMPARSE_BUILD=compiled   a build that cannot be compiled is an error (type errors included)
    CC                           the C compiler, as for any extension module
"""

from __future__ import annotations

import ast
import copy
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "streamparse"

# Globs, relative to the project root; `__init__.py` files are never compiled.
COMPILED = (
    "streamparse/_core/*.py",
    "streamparse/_decoding/*.py",
    "streamparse/_answers/*.py",
    "streamparse/_wires/*.py",
    "streamparse/formats/*.py",
    "streamparse/models/*.py",
    "streamparse/schema/*.py",
    "streamparse/message.py",
    "streamparse/message_events.py",
    "streamparse/message_parser.py",
)

# Modules of those packages that stay interpreted. Most run once for a schema, a tool, an answer or
# a table entry, or wait for another library, so compiling them gains nothing; several of them
# inspect or build Python classes, which compiled code cannot do in the same way. The adapters of
# rare APIs are not worth their compile time, because they do little work for each record.
INTERPRETED = (
    "streamparse/_answers/metrics.py",
    "streamparse/_answers/tools.py",
    "streamparse/_core/whole.py",
    "streamparse/_decoding/event_stream.py",
    "streamparse/_decoding/jsonl.py",
    "streamparse/_decoding/langchain.py",
    "streamparse/_decoding/sdk.py",
    "streamparse/_wires/a2a.py",
    "streamparse/_wires/ag_ui.py",
    "streamparse/_wires/cohere_v1.py",
    "streamparse/_wires/detection.py",
    "streamparse/_wires/front_ends.py",
    "streamparse/_wires/mistral_conversations.py",
    "streamparse/_wires/names.py",
    "streamparse/_wires/nearest.py",
    "streamparse/_wires/openai_completions.py",
    "streamparse/_wires/responses_history.py",
    "streamparse/_wires/snowflake_cortex.py",
    "streamparse/_wires/text_pieces.py",
    "streamparse/_wires/vercel_ui.py",
    "streamparse/formats/aliases.py",
    "streamparse/formats/detect.py",
    "streamparse/formats/hints.py",
    "streamparse/formats/patterns.py",
    "streamparse/formats/registry.py",
    "streamparse/formats/response_templates.py",
    "streamparse/formats/structural_tags.py",
    "streamparse/formats/table.py",
    "streamparse/models/absent.py",
    "streamparse/models/parser.py",
    "streamparse/models/program.py",
    "streamparse/models/pydantic_type.py",
    "streamparse/models/shape_maker.py",
    "streamparse/schema/compiler.py",
    "streamparse/schema/ecma.py",
    "streamparse/schema/escapes.py",
    "streamparse/schema/evaluated.py",
    "streamparse/schema/library.py",
    "streamparse/schema/literals.py",
    "streamparse/schema/messages.py",
    "streamparse/schema/plans.py",
    "streamparse/schema/validator.py",
)

# The extra installs setuptools, which runs the C compiler. The bound is the tested version: modules
# that 1.18 builds from the same sources cannot be imported.
COMPILER = "mypy[mypyc]>=2.4"

# The result must not depend on the building machine, so mypy reads no configuration file and no
# stubs of other packages. Errors in modules that are only imported are left to `make types`.
MYPY_OPTIONS = (
    "--config-file=",
    "--no-site-packages",
    "--ignore-missing-imports",
    "--follow-imports=silent",
    "--no-incremental",
)

# The C files are compiled in a separate process, after the process that wrote them has released its
# memory. One C file for each module at -O1 takes a third of the time and memory of one large file
# at -O3. Modules that run for every character are compiled with more optimization. Those that
# mostly look up keys and call other modules are not measurably slower with less.
MORE = (
    "streamparse/_core/builder*.py",
    "streamparse/_core/chain.py",
    "streamparse/_core/decimals.py",
    "streamparse/_core/deep_path.py",
    "streamparse/_core/events.py",
    "streamparse/_core/grammar.py",
    "streamparse/_core/growing.py",
    "streamparse/_core/lenient_st*.py",
    "streamparse/_core/lenient_tokens.py",
    "streamparse/_core/machine*.py",
    "streamparse/_core/parser.py",
    "streamparse/_core/text.py",
)
LESS = (
    "streamparse/_answers/[!ac]*.py",
    "streamparse/_answers/answer*.py",
    "streamparse/_answers/calls.py",
    "streamparse/_core/coercion*.py",
    "streamparse/_core/lenient_around.py",
    "streamparse/_core/lenient_fences.py",
    "streamparse/_core/lenient_prose.py",
    "streamparse/_core/lenient_words.py",
    "streamparse/_core/selector.py",
    "streamparse/_decoding/[!jrt]*.py",
    "streamparse/_decoding/transport.py",
    "streamparse/_wires/*.py",
    "streamparse/formats/[acd]*.py",
    "streamparse/formats/_elements.py",
    "streamparse/formats/_free_text.py",
    "streamparse/formats/_lenient_payload.py",
    "streamparse/formats/plan.py",
    "streamparse/formats/values.py",
    "streamparse/message*.py",
    "streamparse/models/*.py",
    "streamparse/schema/*.py",
)

# mypyc calls sys.exit if it finds an error, so it runs in its own process. Freeing the memory of
# that process would take longer than all other work of mypyc, so it calls os._exit.
WRITE_C = """
import os
import pickle
import sys
from mypyc.build import mypycify

extensions = mypycify(sys.argv[1:], multi_file=True, opt_level="1", debug_level="0")
with open("extensions.pickle", "wb") as file:
    pickle.dump(extensions, file)
sys.stdout.flush()
os._exit(0)
"""

# Each C file of mypyc includes the declarations of the whole package, which take longer to compile
# than a small module. Files of one level are therefore compiled together, up to this many bytes;
# larger units need more memory. setuptools compiles the files of an extension sequentially; this
# build compiles them in threads. mypyc's runtime library is one unit. Every module also has a small
# extension with one function. Most of their time is for starting the compiler, so they share one
# object file if the linker can take single functions from it.
COMPILE_C = """
import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from setuptools import setup
from setuptools.command.build_ext import build_ext

JOBS = os.cpu_count() or 1
IS_LINUX = sys.platform == "linux"
# Omits the tables for unwinding the stack, which only debuggers and C++ exceptions use.
LEAN = ["-fno-asynchronous-unwind-tables"] if IS_LINUX else []
UNIT = 1_700_000
LEVELS = dict(argument.split("=") for argument in sys.argv[1:])
ENTRIES = "build/entries.c"
# Only six functions of Python are called. Including Python.h would take ten times as long.
DECLARATIONS = '''\\
#define Py_PYTHON_H
#include <stddef.h>
typedef struct _object PyObject;
#define PyMODINIT_FUNC __attribute__((visibility("default"))) PyObject *
#define Py_DECREF Py_DecRef
PyObject *PyImport_ImportModuleLevel(const char *, PyObject *, PyObject *, PyObject *, int);
PyObject *PyObject_GetAttrString(PyObject *, const char *);
PyObject *Py_BuildValue(const char *, ...);
void *PyCapsule_GetPointer(PyObject *, const char *);
void PyErr_Clear(void);
void Py_DecRef(PyObject *);
'''


def level_of(source):
    name = Path(source).stem
    # mypyc's runtime library is small, and every module calls it.
    return LEVELS.get(name) or ("-O1" if name.startswith("__native") else "-O2")


def units(sources):
    chunks = {}
    for source in sorted(sources):
        kind = level_of(source), Path(source).name.startswith("__native")
        of_kind = chunks.setdefault(kind, [])
        size = Path(source).stat().st_size
        if not of_kind or of_kind[-1][0] + size > UNIT:
            of_kind.append([0])
        of_kind[-1][0] += size
        of_kind[-1].append(Path(source))
    for (level, is_native), of_kind in chunks.items():
        for number, (_, *files) in enumerate(of_kind):
            unit = Path(f"build/{'__native' if is_native else 'runtime'}_unit{level}_{number}.c")
            unit.write_text("".join(f'#include "{file.name}"\\n' for file in files))
            LEVELS[unit.stem] = level
            yield str(unit)


# The functions are numbered, because modules of different packages may have the same name.
def share_entry(extension, number):
    name = extension.name.rpartition(".")[2]
    with open(ENTRIES, "a") as file:
        print(f"#define PyInit_{name} entry_{number}", file=file)
        print(f"#define PyInit___init__ unused_{number}", file=file)
        print(f'#include "{Path(extension.sources[0]).absolute()}"', file=file)
        print(f"#undef PyInit_{name}", "#undef PyInit___init__", sep="\\n", file=file)
    exported = Path(f"build/entry_{number}.map")
    exported.write_text(f"{{ global: PyInit_{name}; local: *; }};")
    extension.sources = [ENTRIES]
    extension.extra_link_args += [
        "-nostdlib",  # The start-up files are larger than the function.
        f"-Wl,--gc-sections,--undefined=entry_{number}",
        f"-Wl,--defsym=PyInit_{name}=entry_{number},--version-script={exported}",
    ]


class ParallelBuild(build_ext):
    def build_extensions(self):
        compile_one = self.compiler.compile
        is_unix = self.compiler.compiler_type == "unix"
        entries, lock = [], Lock()

        def compile(sources, *args, extra_postargs=None, **options):
            def build(source):
                flags = list(extra_postargs or ())
                if is_unix:
                    flags += [level_of(source), "-fvisibility=hidden", *LEAN]
                    if source == ENTRIES:
                        flags += ["-ffunction-sections", "-fdata-sections"]
                return compile_one([source], *args, extra_postargs=flags, **options)

            if sources == [ENTRIES]:
                with lock:
                    if not entries:
                        entries.extend(build(ENTRIES))
                return entries
            # The first file is compiled alone, because the compiler object may initialize itself.
            objects = build(sources[0])
            with ThreadPoolExecutor(JOBS) as pool:
                for built in pool.map(build, sources[1:]):
                    objects += built
            return objects

        self.compiler.compile = compile
        super().build_extensions()


with open("extensions.pickle", "rb") as file:
    extensions = pickle.load(file)
if IS_LINUX:
    Path(ENTRIES).write_text(DECLARATIONS)
for number, extension in enumerate(extensions):
    if len(extension.sources) > 1:
        extension.sources = list(units(extension.sources))
    elif IS_LINUX:
        share_entry(extension, number)
    if IS_LINUX:
        # Omits the table of symbols, and the padding between segments.
        extension.extra_link_args += ["-Wl,-s", "-Wl,-z,noseparate-code"]
setup(
    name="streamparse",
    packages=[],
    py_modules=[],
    ext_modules=extensions,
    cmdclass={"build_ext": ParallelBuild},
    script_name="setup.py",
    script_args=["build_ext", f"--parallel={JOBS}", "--build-lib", "lib"],
)
"""


# A missing dependency of an optional module does not mean that the build is broken.
LOAD = """
import importlib
import sys

for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("streamparse"):
            raise
"""


# The samples of `streamparse demo`; in a checkout the demo reads them from `examples`.
SAMPLES = (
    "anthropic-messages.sse",
    "cut.sse",
    "error.sse",
    "google-partial-args.sse",
    "lenient.sse",
    "openai-chat.sse",
    "openai-responses.sse",
    "outing-schema.json",
    "outing.sse",
    "qwen3-coder.txt",
    "realtime.jsonl",
    "table-tools.json",
    "table.sse",
    "unparsed.sse",
)


class CompileError(Exception):
    """The extension modules could not be built."""


class CompileHook(BuildHookInterface[BuilderConfig]):
    """Adds the extension modules to a standard wheel."""

    def dependencies(self) -> list[str]:
        """Return the compiler if it can be used; a pure build needs only hatchling."""
        return [] if obstacle() else [COMPILER]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        for name in SAMPLES:
            source = Path(self.root, "examples", name)
            build_data["force_include"][str(source)] = f"{PACKAGE}/_demo/samples/{name}"
        if pure_wanted() and not compiled_wanted():
            return
        # Kept until the wheel is written, because hatchling reads the files after this method.
        self._work = TemporaryDirectory(prefix="streamparse-build-")
        try:
            extensions = compile_package(Path(self.root), Path(self._work.name))
        except CompileError as error:
            self._stay_pure(str(error))
        else:
            build_data["force_include"].update(extensions)
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_work"):
            self._work.cleanup()

    def _stay_pure(self, reason: str) -> None:
        if compiled_wanted():
            self.app.abort(f"streamparse: STREAMPARSE_BUILD=compiled, but {reason}")
        self.app.display_warning(f"streamparse: building the pure Python wheel, because {reason}")


def compiled_wanted() -> bool:
    return os.environ.get("STREAMPARSE_BUILD") == "compiled"


def pure_wanted() -> bool:
    return os.environ.get("STREAMPARSE_PURE", "0") not in ("", "0")


def obstacle() -> str | None:
    """Return why compiling is impossible here, or None if it can be tried."""
    if pure_wanted():
        return "STREAMPARSE_PURE is set"
    if sys.implementation.name != "cpython":
        return f"mypyc compiles for CPython, not for {sys.implementation.name}"
    if not c_compiler_found():
        return "no C compiler was found"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return "the header files of Python are not installed"
    return None


def c_compiler_found() -> bool:
    command = os.environ.get("CC") or sysconfig.get_config_var("CC")
    if command:
        return shutil.which(shlex.split(command)[0]) is not None
    # On Windows, Python names no compiler, and setuptools is not installed before `dependencies`
    # returns. This looks for the Visual Studio locator, as setuptools would.
    programs = os.environ.get("PROGRAMFILES(X86)", "")
    locator = Path(programs, "Microsoft Visual Studio/Installer/vswhere.exe")
    return shutil.which("cl") is not None or locator.is_file()


def compile_package(root: Path, work: Path) -> dict[str, str]:
    """Compile a copy of the package below `work`; map each extension to its place in the wheel."""
    reason = obstacle()
    if reason:
        raise CompileError(reason)
    shutil.copytree(root / PACKAGE, work / PACKAGE, ignore=shutil.ignore_patterns("*.so", "*.pyd"))
    modules = modules_to_compile(work)
    # With an empty `__init__.py`, mypy only reads what the modules import.
    exports = work / PACKAGE / "__init__.py"
    text = exports.read_text(encoding="utf-8")
    exports.write_text("", encoding="utf-8")
    run("translating to C", work, WRITE_C, [*MYPY_OPTIONS, *modules])
    exports.write_text(text, encoding="utf-8")
    for module in modules:
        path = c_file(work, module)
        text = completed(path.read_text(encoding="utf-8"), work / module)
        text = with_c(text, (work / module).with_suffix(".c"))
        path.write_text(with_places(text), encoding="utf-8")
    run("compiling", work, COMPILE_C, levels(work))
    extensions = built_extensions(work / "lib", modules)
    if "_PYTHON_HOST_PLATFORM" not in os.environ:  # It is set if the target is another machine.
        load_extensions(work, modules)
    return extensions


def modules_to_compile(root: Path) -> list[str]:
    """Return the files to compile, sorted, because mypyc derives a name from their list."""
    found = {
        path.relative_to(root).as_posix() for pattern in COMPILED for path in root.glob(pattern)
    }
    unknown = set(INTERPRETED) - found
    if unknown:
        raise CompileError(f"INTERPRETED names files that are not there: {sorted(unknown)}")
    found.difference_update(INTERPRETED)
    modules = sorted(path for path in found if not path.endswith("/__init__.py"))
    if not modules:
        raise CompileError(f"no file matches {', '.join(COMPILED)}")
    return modules


def levels(root: Path) -> list[str]:
    """Return `name=flag` for each C file with its own level of optimization."""
    found = {
        path: flag
        for flag, patterns in (("-O2", MORE), ("-Og", LESS))
        for pattern in patterns
        for path in root.glob(pattern)
    }
    # mypyc names a C file after its module, with three underscores for a dot.
    return [
        f"__native_{'___'.join(path.relative_to(root).with_suffix('').parts)}={flag}"
        for path, flag in found.items()
    ]


# The statements of a module are a fifth of the C code, but run only once, when it is imported.
# Clang ignores the attribute.
_TOP_LEVEL: Final = re.compile(r"^char CPyDef_\w+___top_level__\(void\) \{")
_RUNS_ONCE: Final = '__attribute__((optimize("Og"))) ' if sys.platform == "linux" else ""

# The output of `help()` must not depend on the build, but mypyc writes only signatures, and not
# even those if a default is not a literal. So the tables in its C code are completed.
_STATEMENTS: Final = (
    "    cpy_r_",
    "    PyObject *cpy_r_",
    "    if (",
    "    goto ",
    "    }",
    "CPyL",
)
_TABLE: Final = re.compile(r"^static Py(?:GetSet|Method)Def (\w+)_(?:getseters|methods)\[\]")
_TYPE: Final = re.compile(r'^ +\.tp_name = "(\w+)"')
_ENTRY: Final = re.compile(r'^ *\{"(\w+)",')
_DOC: Final = re.compile(r'PyDoc_STR\((NULL|"(?:[^"\\]|\\.)*")\)')
_FIELD: Final = re.compile(r"^    (\w+): (.*(?:\n     .*)*)", re.MULTILINE)


def c_file(work: Path, module: str) -> Path:
    name = module.removesuffix(".py").replace("/", "___")
    return work / f"build/__native_{name}.c"


def completed(text: str, source: Path) -> str:
    """Add docstrings, signatures and the optimization of module statements to mypyc's C code."""
    docs = docstrings(ast.parse(source.read_text(encoding="utf-8")))
    lines, owner, entry = [], "", ""
    for line in text.split("\n"):
        if line.startswith(_STATEMENTS):
            lines.append(line)
            continue
        if found := _TABLE.match(line):
            owner = next((kind for kind in docs if found[1].endswith(f"___{kind}")), "")
        elif found := _TYPE.match(line):
            owner, entry = found[1], ""
        elif _TOP_LEVEL.match(line):
            line = _RUNS_ONCE + line
        elif found := _ENTRY.match(line):
            entry = found[1]
        full = f"{owner}.{entry}".strip(".")
        signature, doc = docs.get(full, ("", ""))
        if line.endswith("NULL, NULL},") and doc and "METH" not in line:
            line = line.removesuffix("NULL, NULL},") + f"{c_string(doc)}, NULL}},"
        elif full in docs and (found := _DOC.search(line)):
            header = found[1].strip('"') if found[1] != "NULL" else c_string(signature).strip('"')
            line = line.replace(found[0], f'PyDoc_STR("{header}{c_string(doc)[1:]})')
        lines.append(line)
    return "\n".join(lines)


# A few short functions are much faster with vector instructions, which mypyc does not use. Such a
# function is written in Python, for the pure build, and in a C file beside its module.
_IN_C: Final = re.compile(r"^static \w+ \*?(\w+)\((.*)\) \{$", re.MULTILINE)


def with_c(text: str, source: Path) -> str:
    """Replace mypyc's translations of the functions that the C file `source` defines."""
    if not source.is_file():
        return text
    functions = source.read_text(encoding="utf-8")
    for name, parameters in _IN_C.findall(functions):
        given = ", ".join(f"cpy_r_{found}" for found in re.findall(r"(\w+)(?:,|$)", parameters))
        text, count = re.subn(
            rf"^(\w+ \*?CPyDef_\w+___{name}\([^)]*\) \{{\n)(?:[^}}\n].*\n)*\}}$",
            rf"\1    return {name}({given});\n}}",
            text,
            flags=re.MULTILINE,
        )
        if count != 1:
            raise CompileError(f"{source.name}: mypyc has written {count} functions {name!r}")
    return with_functions(text, functions)


def with_functions(text: str, functions: str) -> str:
    """Insert C functions after the declarations of the package."""
    head, include, rest = text.rpartition('#include "__native_')
    line, newline, rest = rest.partition("\n")
    return head + include + line + newline + functions + rest


# Every failing call adds its place to the traceback. All places of a module have the same file and
# globals, and the function and line of a place fit into one number, which makes the machine code an
# eighth smaller. Code of another form, such as that of other versions of mypyc, is not changed.
_PLACE: Final = re.compile(
    r'CPy_(AddTraceback|TypeErrorTraceback)\("([^"]+)", "([^"]+)", (\d+), (CPyStatic_\w+)'
)
_PLACES: Final = """\
static const char names_@module[] = "@names";
static CPy_NOINLINE CPy_COLD void AddTraceback_@module(int place) {
    CPy_AddTraceback("@file", names_@module + (place >> 16), place & 0xffff, @globals);
}
static CPy_NOINLINE CPy_COLD void TypeErrorTraceback_@module(
    int place, const char *expected, PyObject *value) {
    CPy_TypeErrorTraceback(
        "@file", names_@module + (place >> 16), place & 0xffff, @globals, expected, value);
}
"""


def with_places(text: str) -> str:
    """Replace the calls that add a place to the traceback with calls that pass one number."""
    places = list(_PLACE.finditer(text))
    if not places:
        return text
    names = dict.fromkeys(found[3] for found in places)
    offsets = dict(
        zip(names, accumulate((len(name) + 1 for name in names), initial=0), strict=False)
    )
    if max(offsets.values()) > 0x7FFF or max(int(found[4]) for found in places) > 0xFFFF:
        return text
    _, file, _, _, module_globals = places[0].groups()
    module = module_globals.removeprefix("CPyStatic_")
    values = {
        "names": "\\0".join(names),
        "module": module,
        "file": file,
        "globals": module_globals,
    }
    functions = _PLACES
    for name, value in values.items():
        functions = functions.replace(f"@{name}", value)
    text = _PLACE.sub(
        lambda found: f"{found[1]}_{module}({offsets[found[3]] << 16 | int(found[4])}", text
    )
    return with_functions(text, functions)


def docstrings(node: ast.AST, owner: str = "") -> dict[str, tuple[str, str]]:
    """Return the signature and docstring of each class, function and property, by its full name.

    A field that its class lists under "Attributes:" gets the text of that entry.
    """
    found: dict[str, tuple[str, str]] = {}
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            name, doc = f"{owner}{child.name}", ast.get_docstring(child) or ""
            inner = docstrings(child, f"{name}.")
            fields = doc.partition("\nAttributes:\n")[2].partition("\n\n")[0]
            for field, text in _FIELD.findall(fields):
                inner.setdefault(f"{name}.{field}", ("", " ".join(text.split())))
            signature = inner.get(f"{name}.__init__", ("", ""))[0]
            signature = signature.replace("__init__($self, ", f"{child.name}(")
            found[name] = (signature.replace("__init__($self)", f"{child.name}()"), doc)
            found |= inner
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            entry = (signature_of(child, bool(owner)), ast.get_docstring(child) or "")
            found.setdefault(f"{owner}{child.name}", entry)
    return found


def signature_of(function: ast.FunctionDef | ast.AsyncFunctionDef, is_method: bool) -> str:
    """Return the signature as CPython expects it at the beginning of a docstring."""
    given = copy.deepcopy(function.args)
    for argument in ast.walk(given):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    given.defaults = [_literal(default) for default in given.defaults]
    given.kw_defaults = [default and _literal(default) for default in given.kw_defaults]
    return f"{function.name}({'$' * is_method}{ast.unparse(given)})\n--\n\n"


def _literal(default: ast.expr) -> ast.expr:
    return default if isinstance(default, ast.Constant) else ast.Constant(...)


def c_string(text: str) -> str:
    """Return the text as a string literal of C."""
    encoded = text.encode()
    plain = [byte for byte in range(32, 127) if chr(byte) not in '"\\?']
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in encoded) + '"'


def run(what: str, work: Path, script: str, arguments: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=work,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if result.returncode:
        # The output of a compiler can be long, and the cause is near its end.
        tail = "\n".join(result.stdout.splitlines()[-30:])
        raise CompileError(f"{what} failed:\n{tail}")


def built_extensions(library: Path, modules: list[str]) -> dict[str, str]:
    """Return the extension of each module and, if there are several, their shared library."""
    built = sorted(path for path in library.rglob("*") if path.suffix in (".so", ".pyd"))
    expected = len(modules) + (len(modules) > 1)
    if len(built) != expected:
        raise CompileError(f"{len(built)} extension modules were built, not {expected}")
    return {str(path): path.relative_to(library).as_posix() for path in built}


def load_extensions(work: Path, modules: list[str]) -> None:
    """Import the built extensions beside their sources, so that a broken build raises an error."""
    shutil.copytree(work / "lib", work, dirs_exist_ok=True)
    names = [module.removesuffix(".py").replace("/", ".") for module in modules]
    run("importing the extension modules", work, LOAD, names)
