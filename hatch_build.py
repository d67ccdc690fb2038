"""Build hook for the wheel: compile the modules in COMPILED with mypyc where that is possible.

One source, two builds. A wheel is compiled as a whole or not at all: a failure leaves a pure wheel
that works everywhere (`py3-none-any`), never a half-compiled one. Editable installs are always
pure, and nothing is written into the checkout, because a left-over extension module would shadow
its source file.

Environment:
    STREAMPARSE_PURE=1           do not compile
    STREAMPARSE_BUILD=compiled   a build that cannot be compiled is an error (type errors included)
    CC                           the C compiler, as for any extension module
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "streamparse"

# Globs, relative to the project root; `__init__.py` files are never compiled.
COMPILED = (
    "streamparse/_core/*.py",
    "streamparse/_decoding/json_records.py",
    "streamparse/_decoding/opening.py",
    "streamparse/_decoding/record.py",
    "streamparse/_decoding/sse.py",
    "streamparse/_decoding/sse_records.py",
    "streamparse/_decoding/transport.py",
    "streamparse/_answers/calls.py",
    "streamparse/_answers/output.py",
    "streamparse/_answers/turn.py",
    "streamparse/_wires/*.py",
    "streamparse/message.py",
    "streamparse/message_events.py",
    "streamparse/models/parts.py",
    "streamparse/models/plans.py",
    "streamparse/models/validator.py",
    "streamparse/schema/automaton.py",
    "streamparse/schema/checks.py",
    "streamparse/schema/judges.py",
    "streamparse/schema/messages.py",
    "streamparse/schema/nodes.py",
    "streamparse/schema/patterns.py",
    "streamparse/schema/runs.py",
    "streamparse/schema/state.py",
    "streamparse/schema/trie.py",
    "streamparse/schema/verdicts.py",
    "streamparse/schema/walker.py",
    "streamparse/formats/auto.py",
    "streamparse/formats/bounds.py",
    "streamparse/formats/elements.py",
    "streamparse/formats/framing.py",
    "streamparse/formats/generated.py",
    "streamparse/formats/literals.py",
    "streamparse/formats/markers.py",
    "streamparse/formats/parameters.py",
    "streamparse/formats/parser.py",
    "streamparse/formats/payloads.py",
    "streamparse/formats/plan.py",
    "streamparse/formats/typing.py",
)

# The extra brings setuptools, which drives the C compiler. The bound is the version this is tested
# with: what 1.18 makes of the same sources cannot be imported.
COMPILER = "mypy[mypyc]>=2.4"

# The result must not depend on what else is installed or configured on the building machine: no
# configuration file, no stubs of other packages. Errors in modules that are only imported are for
# `make types` to find.
MYPY_OPTIONS = (
    "--config-file=",
    "--no-site-packages",
    "--ignore-missing-imports",
    "--follow-imports=silent",
)

# Runs in a process of its own, because mypyc patches setuptools and leaves with sys.exit.
SETUP = """
import sys
from mypyc.build import mypycify
from setuptools import setup

setup(
    name="streamparse",
    packages=[],
    py_modules=[],
    ext_modules=mypycify(sys.argv[1:], opt_level="3", debug_level="0"),
    script_name="setup.py",
    script_args=["build_ext", "--build-lib", "lib"],
)
"""


# What an optional part of the package lacks on the building machine is no fault of the compiler.
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


# What the page of `streamparse demo` plays; in a checkout it finds them where they are.
SAMPLES = (
    "anthropic-messages.sse",
    "cut.sse",
    "error.sse",
    "google-partial-args.sse",
    "openai-chat.sse",
    "openai-responses.sse",
    "outing-schema.json",
    "outing.sse",
    "table-tools.json",
    "table.sse",
)


class CompileError(Exception):
    """The extension modules could not be built; the text says why."""


class CompileHook(BuildHookInterface[BuilderConfig]):
    """Adds the extension modules to a standard wheel."""

    def dependencies(self) -> list[str]:
        """Ask for the compiler only where it can be used: a pure build needs hatchling alone."""
        return [] if obstacle() else [COMPILER]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        for name in SAMPLES:
            source = Path(self.root, "examples", name)
            build_data["force_include"][str(source)] = f"{PACKAGE}/_demo/samples/{name}"
        if pure_wanted() and not compiled_wanted():
            return
        # Kept until the wheel is written: hatchling reads the files after this method has returned.
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
    """Say what rules compiling out here; None when it is worth trying."""
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
    # Python on Windows names no compiler, and setuptools, which would find one, is not there before
    # `dependencies` has answered; the Visual Studio locator is what it would ask.
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
    run("compiling", work, SETUP, [*MYPY_OPTIONS, *modules])
    extensions = built_extensions(work / "lib", modules)
    if "_PYTHON_HOST_PLATFORM" not in os.environ:  # set where the target is another machine
        load_extensions(work, modules)
    return extensions


def modules_to_compile(root: Path) -> list[str]:
    """The files that COMPILED names, sorted: the shared library is named after their list."""
    found = {
        path.relative_to(root).as_posix() for pattern in COMPILED for path in root.glob(pattern)
    }
    modules = sorted(path for path in found if not path.endswith("/__init__.py"))
    if not modules:
        raise CompileError(f"no file matches {', '.join(COMPILED)}")
    return modules


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
        # A compiler can say a great deal; the cause stands near the end.
        tail = "\n".join(result.stdout.splitlines()[-30:])
        raise CompileError(f"{what} failed:\n{tail}")


def built_extensions(library: Path, modules: list[str]) -> dict[str, str]:
    """One extension for each module and, when there are several, the library they share."""
    built = sorted(path for path in library.rglob("*") if path.suffix in (".so", ".pyd"))
    expected = len(modules) + (len(modules) > 1)
    if len(built) != expected:
        raise CompileError(f"{len(built)} extension modules were built, not {expected}")
    return {str(path): path.relative_to(library).as_posix() for path in built}


def load_extensions(work: Path, modules: list[str]) -> None:
    """Import what was built, beside the sources it was built from: a wheel must not break here."""
    shutil.copytree(work / "lib", work, dirs_exist_ok=True)
    names = [module.removesuffix(".py").replace("/", ".") for module in modules]
    run("importing the extension modules", work, LOAD, names)
