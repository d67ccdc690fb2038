"""Tests of the README, and of the code blocks of all pages, which are run.

A block that makes a request to a provider gets its answer from a server in this process.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import missing_sdks
from tests.stand_in import PROVIDER, environment
from tests.web.serving import Server

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PAGES = [
    ROOT / "README.md",
    ROOT / "streamparse" / "llms.txt",
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def blocks() -> dict[str, str]:
    """Return the blocks by page and line, padded so that a traceback has the line of the page.

    The programs in `docs/migrate` are tested in `test_migration.py`.
    """
    found = {}
    for page in PAGES:
        if page.parent.name == "migrate":
            continue
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            above = text.count("\n", 0, match.start(1))
            name = page.relative_to(ROOT).as_posix()
            found[f"{name}, line {above + 1}"] = "\n" * above + match[1]
    return found


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with Server(PROVIDER) as server:
        yield server.url


@pytest.mark.parametrize("name", list(blocks()))
def test_block_runs(
    name: str, provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    for variable, value in environment(provider).items():
        monkeypatch.setenv(variable, value)
    text = blocks()[name]
    if missing_sdks(text):
        pytest.skip(f"needs {', '.join(missing_sdks(text))}")
    code = compile(text, name.split(",")[0], "exec", dont_inherit=True)
    exec(code, {"__name__": "__main__"})


def test_first_program(
    provider: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first program of the README prints the text of its comment."""
    pytest.importorskip("openai", reason="needs openai")
    for name, value in environment(provider).items():
        monkeypatch.setenv(name, value)
    first = BLOCK.search(README)
    assert first is not None
    exec(compile(first[1], "README.md", "exec", dont_inherit=True), {"__name__": "__main__"})
    printed = capsys.readouterr().out
    assert f"# {printed.strip()}" in first[1]


def test_every_python_block_is_found() -> None:
    pages = [page for page in PAGES if page.parent.name != "migrate"]
    texts = [page.read_text(encoding="utf-8") for page in pages]
    assert len(blocks()) == sum(text.count("\n```python\n") for text in texts)
    assert "```python" in README


def test_readme_is_short() -> None:
    assert len(README.encode()) <= 10_000


def test_essentials_in_the_wheel_are_short() -> None:
    assert len((ROOT / "streamparse" / "llms.txt").read_bytes()) <= 20_000


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings, as Git hosts and the site derive them."""
    outside = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    headings = re.findall(r"^#+ (.*)$", outside, re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in words}


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.suffix == ".md"],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_links_have_a_target(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = []
    for link in LINK.findall(text):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


# The columns and rows of the comparison with figures of the scoreboard.
LIBRARIES = {
    "streamparse": "streamparse",
    "OpenAI's helper": "openai",
    "instructor": "instructor",
    "Pydantic AI": "pydantic-ai",
    "jiter": "jiter",
    "json_repair": "json_repair",
    "AI SDK": "ai (Vercel, Node.js)",
}
FIGURES = {
    "Streams read right": "streams",
    "Cut calls without wrong arguments": "cut calls",
    "Damaged JSON read as meant": "repair",
    "Raw text of open models": "raw text",
}


def test_figures_of_the_comparison_are_those_of_the_scoreboard() -> None:
    features = json.loads((ROOT / "docs" / "scoreboard.json").read_text("utf-8"))["features"]
    lines = README.partition("## Compared with other libraries\n\n")[2].splitlines()
    head, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[:11]]
    shown = {label: dict(zip(head[1:], cells, strict=True)) for label, *cells in rows}
    for label, column in FIGURES.items():
        for library, name in LIBRARIES.items():
            counts = features[name][column]
            counted = counts["right"] + counts["wrong"]
            figure = f"{counts['right']} of {counted}" if counted else "–"
            assert shown[label][library] == figure, (label, library)


def test_readme_has_the_test_command_of_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    command = re.search(r"^README_TEST='(.+)'$", script, re.MULTILINE)
    assert command is not None
    assert command[1] in README
    assert command[1] in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_first_command_replays_a_sample() -> None:
    commands = re.findall(r"^```bash\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    [first] = [command for command in commands if command.startswith("python -m venv")][:1]
    command = re.fullmatch(
        r"python -m venv \.venv && STREAMPARSE_PURE=1 \.venv/bin/pip install -q "
        r"\"\.\[cli\]\" && "
        r"\.venv/bin/streamparse replay (\S+)\n",
        first,
    )
    assert command is not None
    assert (ROOT / command[1]).is_file()
    assert first in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
