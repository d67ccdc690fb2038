"""Tests that run the checks of the fuzz targets with Hypothesis instead of atheris."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import checks, driver
from fuzz.formats import NAMES, check_formats
from fuzz.growth import check_growth
from fuzz.messages import check_messages
from tests.strategies import ANY_BYTES, ANY_MANY_TEXTS, ANY_TEXTS, STOP_TEXTS

ROOT = Path(__file__).parents[1]
SEEDS = sorted((ROOT / "fuzz" / "corpus" / "json").iterdir())
LENIENT = sorted((ROOT / "fuzz" / "corpus" / "lenient").iterdir())
STREAMS = sorted((ROOT / "fuzz" / "corpus" / "transport").iterdir())
MESSAGES = sorted((ROOT / "fuzz" / "corpus" / "messages").iterdir())
FORMATS = sorted((ROOT / "fuzz" / "corpus" / "formats").iterdir())
TARGETS = sorted(path.stem for path in (ROOT / "fuzz").glob("fuzz_*.py"))

CHECKS: list[Callable[[bytes], None]] = [
    checks.check_json,
    checks.check_json_bytes,
    *checks.OPTION_CHECKS,
]
each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)

_TEXTS = st.one_of(ANY_TEXTS, ANY_MANY_TEXTS, STOP_TEXTS)
DATA = st.one_of(
    st.binary(max_size=40),
    st.text(st.sampled_from('{}[],:"\\u0d8e1.-tfn \n'), max_size=30).map(str.encode),
    _TEXTS.map(lambda text: text.encode(errors="surrogatepass")),
    ANY_BYTES,
)

COERCED = [
    b'{"a": "[1, \\"2\\", [3]]", "b": 1.50, "k": "null", "x": "METRE"}',
    b'{"a": 1, "b": {"a": ["x", 2]}, "k": "{\\"a\\": [\\"1\\"], \\"x\\": \\"foot\\"}"}',
    b'["1", 2, "[3]"]',
]


@each_check
@given(DATA)
def test_check(check: Callable[[bytes], None], data: bytes) -> None:
    check(data)


@each_check
@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_seed(check: Callable[[bytes], None], seed: Path) -> None:
    check(seed.read_bytes())


@given(DATA)
def test_lenient_check(data: bytes) -> None:
    checks.check_lenient(data)


@given(DATA | st.sampled_from(COERCED))
def test_coercion_check(data: bytes) -> None:
    checks.check_coercion(data)


@pytest.mark.parametrize("seed", LENIENT, ids=lambda path: path.stem)
@given(st.binary(max_size=4), st.integers(0, 200), st.booleans())
def test_mutated_lenient_seed(seed: Path, damage: bytes, place: int, cuts: bool) -> None:
    """Check a seed, and the seed with inserted bytes or a truncated end."""
    data = seed.read_bytes()
    checks.check_lenient(data)
    place %= len(data) + 1
    checks.check_lenient(data[:place] + damage + (b"" if cuts else data[place:]))


each_stream_check = pytest.mark.parametrize(
    "check", [checks.check_transport, checks.check_lines], ids=lambda check: check.__name__
)


@each_stream_check
@pytest.mark.parametrize("seed", STREAMS, ids=lambda path: path.name)
def test_stream_seed(check: Callable[[bytes], None], seed: Path) -> None:
    check(seed.read_bytes())


@each_stream_check
@given(st.sampled_from(STREAMS), st.binary(max_size=10), st.integers(0, 200), st.booleans())
def test_mutated_stream(
    check: Callable[[bytes], None], seed: Path, damage: bytes, place: int, cuts: bool
) -> None:
    """Check a seed with inserted bytes or a truncated end."""
    data = seed.read_bytes()
    place %= len(data) + 1
    check(data[:place] + damage + (b"" if cuts else data[place:]))


@pytest.mark.parametrize("seed", MESSAGES, ids=lambda path: path.stem)
@given(st.binary(max_size=8), st.integers(0, 2000), st.booleans())
def test_mutated_messages(seed: Path, damage: bytes, place: int, cuts: bool) -> None:
    """Check a stream of each API with inserted bytes; the check mutates it further."""
    data = seed.read_bytes()
    place %= len(data) + 1
    check_messages(data[:place] + damage + (b"" if cuts else data[place:]))


# Few examples, because each reads a thousand records several times.
FEW = settings(max_examples=max(settings().max_examples // 10, 2))


@pytest.mark.parametrize("seed", MESSAGES, ids=lambda path: path.stem)
@FEW
@given(st.binary(max_size=8), st.integers(0, 2000))
def test_messages_with_a_repeated_record(seed: Path, damage: bytes, place: int) -> None:
    """Check a stream of each API in which one record is repeated."""
    data = seed.read_bytes()
    place %= len(data) + 1
    check_growth(data[:place] + damage + data[place:])


@pytest.mark.parametrize("seed", FORMATS, ids=lambda path: path.stem)
def test_format_seed(seed: Path) -> None:
    check_formats(seed.read_bytes())


@given(st.sampled_from(FORMATS), st.binary(max_size=8), st.integers(0, 400), st.booleans())
def test_mutated_format(seed: Path, damage: bytes, place: int, cuts: bool) -> None:
    """Check an answer in each format with inserted bytes or a truncated end."""
    data = seed.read_bytes()
    place %= len(data) + 1
    check_formats(data[:place] + damage + (b"" if cuts else data[place:]))


@given(st.sampled_from(NAMES), st.integers())
def test_generated_formats(name: str, number: int) -> None:
    """Check generated answers: without text, the data only chooses the answer."""
    check_formats(f"{name}\n{' ' * (number % 50)}".encode() + b"\t" * (number % 7))


@given(st.binary())
def test_any_bytes_are_a_text(data: bytes) -> None:
    """Any bytes are decoded to a text, and UTF-8 to the text that it encodes."""
    text = checks.text_of(data)
    if b"\xff" not in data:
        assert text.encode(errors="surrogateescape") == data


def test_the_last_byte_chooses_the_check() -> None:
    """The last byte can choose every check, which gets the data without it."""
    checks.check_any_option(b"")
    for choice in range(len(checks.OPTION_CHECKS)):
        checks.check_any_option(b"[1]" + bytes([choice]))


def test_a_wrong_parser_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check fails if the parser and the reference differ."""

    def refuse(text: str) -> None:
        raise ValueError

    monkeypatch.setattr(checks, "loads", refuse)
    with pytest.raises(AssertionError):
        checks.check_json(b"[1]")


def test_folders_and_words_of_the_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """New inputs are written to the given folder, and seeds are only read."""
    monkeypatch.setattr(driver, "HERE", tmp_path)
    monkeypatch.setattr(sys, "argv", ["fuzz_json", "-runs=1"])
    assert driver.arguments("json", "json")[-2:] == [
        str(tmp_path / "out" / "json"),
        str(tmp_path / "corpus" / "json"),
    ]
    monkeypatch.setattr(sys, "argv", ["fuzz_json", "elsewhere"])
    assert driver.arguments("json", "json")[-2:] == ["elsewhere", str(tmp_path / "corpus" / "json")]
    finding = tmp_path / "crash"
    finding.write_bytes(b"{")
    monkeypatch.setattr(sys, "argv", ["fuzz_json", str(finding)])
    assert driver.arguments("json", "json")[-1] == str(finding)


@pytest.mark.parametrize("target", TARGETS)
def test_targets_run_or_name_the_missing_package(target: str, tmp_path: Path) -> None:
    """A target runs, or reports in one line that atheris is missing."""
    command = [sys.executable, "-m", f"fuzz.{target}", "-runs=200", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if importlib.util.find_spec("atheris"):
        assert result.returncode == 0, result.stderr
    else:
        assert result.returncode == 2
        assert result.stdout.count("\n") == 1
        assert "atheris" in result.stdout
