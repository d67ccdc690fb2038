"""Tests of the npm package: its files, size and types."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from streamparse import __version__, event_schema
from tests.js.programs import HERE, MODULES, PACKAGE, node, npm_packages, workspace

FILES = ["index.d.ts", "index.js", "react.d.ts", "react.js", "streamparse.js"]
SOURCES = HERE.parents[1] / "streamparse" / "js"
RELEASE = HERE.parents[1] / ".github" / "workflows" / "release.yml"


def manifest() -> dict[str, Any]:
    return dict(json.loads((PACKAGE / "package.json").read_text(encoding="utf-8")))


def test_the_version_is_that_of_the_library() -> None:
    assert manifest()["version"] == __version__
    assert manifest()["name"] == "llm-streamparse"
    assert manifest()["license"] == "Apache-2.0"


def test_every_exported_file_exists() -> None:
    for entry in manifest()["exports"].values():
        for file in [entry] if isinstance(entry, str) else entry.values():
            assert (PACKAGE / file).is_file()
    shipped = {path.name for path in PACKAGE.iterdir() if path.suffix in (".js", ".ts")}
    assert shipped == set(FILES)


def test_the_modules_are_small() -> None:
    sources = [path.read_bytes() for path in PACKAGE.glob("*.js")]
    assert sum(map(len, sources)) <= 8_000
    assert len(gzip.compress(b"".join(sources))) <= 3_200
    assert len((PACKAGE / "react.js").read_text(encoding="utf-8").splitlines()) <= 60


def npm(*arguments: str, cwd: Path) -> str:
    program = shutil.which("npm")
    if program is None:
        pytest.skip("npm is not installed")
    if not (SOURCES / "README.md").is_file():
        pytest.skip("needs the sources")
    done = subprocess.run(
        [program, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_published_files(tmp_path: Path) -> None:
    """npm would publish the listed files, the README and the license that the release copies."""
    if not SOURCES.is_dir():
        pytest.skip("needs the sources")
    folder = tmp_path / "package"
    shutil.copytree(SOURCES, folder)
    shutil.copy(HERE.parents[1] / "LICENSE", folder)
    [packed] = json.loads(npm("pack", "--dry-run", "--json", cwd=folder))
    names = sorted(file["path"] for file in packed["files"])
    assert names == sorted(["LICENSE", "README.md", "package.json", *FILES])
    npm("publish", "--dry-run", "--offline", cwd=folder)


def test_the_release_publishes_it() -> None:
    if not RELEASE.is_file():
        pytest.skip("needs the sources")
    text = RELEASE.read_text(encoding="utf-8")
    assert "npm publish --provenance --access public" in text


# Types

TSC_OPTIONS = {
    "strict": True,
    "noEmit": True,
    "target": "es2022",
    "module": "nodenext",
    "lib": ["es2022", "dom", "dom.iterable"],
    "jsx": "react-jsx",
    "exactOptionalPropertyTypes": True,
    "noUncheckedIndexedAccess": True,
    "types": [],
    "preserveSymlinks": True,
}


def check_types(folder: Path, *files: str, **options: Any) -> str:
    """Run the TypeScript compiler, and return its errors."""
    config = {"compilerOptions": {**TSC_OPTIONS, **options}, "files": files}
    (folder / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    program = MODULES / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [node(), str(program), "-p", str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_types_are_those_of_the_program(tmp_path: Path) -> None:
    npm_packages("typescript", "@types/react", "react")
    folder = workspace(tmp_path, "react", "@types/react", "csstype")
    shutil.copy(HERE / "typed.ts", folder)
    assert check_types(folder, "typed.ts") == ""


def test_wrong_programs_have_type_errors(tmp_path: Path) -> None:
    npm_packages("typescript")
    folder = workspace(tmp_path)
    wrong = [
        "new PatchApplier().apply(3);",
        "for await (const update of fromEventSource(3)) {}",
        "for await (const { message } of fromEventSource('/')) message.text = 3;",
        "for await (const { message } of fromEventSource('/')) message.tool_calls[0].name;",
        "new MessageReader().message = undefined;",
        "fromEventSource('/', { attempts: 'many' });",
        "fromEventSource('/', { headers: new Headers() });",
    ]
    head = 'import { fromEventSource, MessageReader, PatchApplier } from "llm-streamparse";\n'
    (folder / "wrong.ts").write_text(head + "\n".join(wrong) + "\n", encoding="utf-8")
    complaints = check_types(folder, "wrong.ts")
    lines = {int(line) for line in re.findall(r"wrong\.ts\((\d+),", complaints)}
    assert lines == set(range(2, 2 + len(wrong)))


def test_every_record_has_a_type() -> None:
    types = (PACKAGE / "index.d.ts").read_text(encoding="utf-8")
    named = re.findall(r'"(\w+)"', "".join(re.findall(r"Of<([^,>]*)", types)))
    records = set(event_schema(compact=True)["$defs"]) - {
        "continuation",
        "error",
        "server_tool_result",
    }
    assert set(named) == records | {"stream_ended", "stream_failed", "stream_stopped"}


def test_every_export_has_a_type() -> None:
    module = json.dumps((PACKAGE / "index.js").as_uri())
    program = f"console.log(Object.keys(await import({module})).sort().join())"
    done = subprocess.run(
        [node(), "--input-type=module", "-e", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    types = (PACKAGE / "index.d.ts").read_text(encoding="utf-8")
    declared = re.findall(r"^export (?:class|function) (\w+)", types, re.MULTILINE)
    assert done.stdout.strip().split(",") == sorted(declared)
