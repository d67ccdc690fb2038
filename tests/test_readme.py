"""The README is correct: its blocks run, its commands exist, its pictures are current.

The blocks of the pages in `docs/` run as well.
"""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from streamparse import REPAIR_CODES, Dialect, MessageParser
from streamparse.message_parser import APIS
from streamparse.terminal import MessageView
from tests.helpers import missing_sdks

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


LENIENT = (ROOT / "docs" / "lenient.md").read_text(encoding="utf-8")


def blocks() -> dict[str, str]:
    """By page and line, each block padded so that a traceback names the line of the page."""
    found = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            above = text.count("\n", 0, match.start(1))
            found[f"{page.name}, line {above + 1}"] = "\n" * above + match[1]
    return found


@pytest.mark.parametrize("name", list(blocks()))
def test_block_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    text = blocks()[name]
    if missing_sdks(text):
        pytest.skip(f"needs {', '.join(missing_sdks(text))}")
    code = compile(text, name.split(",")[0], "exec", dont_inherit=True)
    exec(code, {"__name__": "__main__"})


def test_every_python_block_is_found() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert len(blocks()) == sum(text.count("\n```python\n") for text in texts)
    assert "```python" in README


def test_the_page_of_the_lenient_dialect_names_every_switch_and_code() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| ([`\w ]+) \|$", LENIENT, re.MULTILINE))
    told = {switch: set(re.findall(r"`(\w+)`", codes)) for switch, codes in rows.items()}
    switches = [field.name for field in fields(Dialect) if field.default is True]
    assert list(told) == switches
    for switch, codes in told.items():
        off: dict[str, Any] = {switch: False}
        without = Dialect(**off)
        assert codes == {code for code in REPAIR_CODES if not without.allows(code)}


def test_readme_gives_the_test_command_of_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    command = re.search(r"^README_TEST='(.+)'$", script, re.MULTILINE)
    assert command is not None
    assert command[1] in README


def test_first_command_replays_a_sample() -> None:
    first = re.search(r"^```bash\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert first is not None
    command = re.fullmatch(
        r"python -m venv \.venv && STREAMPARSE_PURE=1 \.venv/bin/pip install -q "
        r"\"\.\[cli\]\" && "
        r"\.venv/bin/streamparse replay (\S+)\n",
        first[1],
    )
    assert command is not None
    assert (ROOT / command[1]).is_file()


def test_every_api_is_named() -> None:
    assert [api for api in APIS if f"`{api}`" not in README and api != "auto"] == []


def rendered(parser: MessageParser) -> list[str]:
    console = pytest.importorskip("rich.console", reason="needs the extra cli")
    target = io.StringIO()
    console.Console(file=target, width=92).print(MessageView(parser.messages))
    return [line.rstrip() for line in target.getvalue().splitlines()]


def test_pictures_of_the_terminal_are_real() -> None:
    """But for the figures in their last two lines, which depend on the day."""
    middle, end = re.findall(r"^```text\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    parser = MessageParser()
    moments = []
    with open(ROOT / "examples" / "openai-chat.sse", "rb") as stream:
        for line in stream:
            parser.feed(line)
            moments.append(rendered(parser))
    assert [line.rstrip() for line in middle.splitlines()][:-2] in moments
    assert end.splitlines()[:-2] == moments[-1][-2:]
    for picture in (middle, end):
        times, counts = picture.splitlines()[-2:]
        assert re.fullmatch(r"first token [\d.]+ m?s(, first complete \w+ [\d.]+ m?s)+", times)
        assert re.fullmatch(r"\d+ events \(\d+/s\)(, \d+ tokens/s)?", counts)
