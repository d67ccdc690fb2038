"""Tests of the samples: their files exist, match their titles, and are part of the wheel."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from streamparse import MessageParser, StreamParseError, ToolCallRejected
from streamparse._demo.samples import FOLDER, SAMPLES, Sample

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.title)
def test_sample_is_read(sample: Sample) -> None:
    recording = sample.read()
    assert (recording.tools is None, recording.output is None) == (
        sample.tools is None,
        sample.output is None,
    )
    assert recording.session == sample.session
    if sample.session:
        return
    parser = MessageParser(
        format=recording.format,
        tools=recording.tools,
        output=recording.output,
        dialect=recording.dialect,
    )
    events = parser.feed(recording.data) + parser.finish()
    rejected = [event for event in events if isinstance(event, ToolCallRejected)]
    assert len(rejected) == ("refused" in sample.title)
    status = {"Cut off": "truncated", "An error of the provider": "failed"}
    assert parser.message.status == status.get(sample.title, "complete")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.title)
def test_the_program_of_a_sample_runs(
    sample: Sample, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(FOLDER)
    try:
        exec(compile(sample.code, "sample", "exec"), {})
    except StreamParseError:
        assert sample.title in ("Cut off", "An error of the provider")
    assert capsys.readouterr().out


def test_wheel_has_the_samples() -> None:
    pytest.importorskip("hatchling", reason="needs hatchling, which builds the wheel")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    files = {file for each in SAMPLES for file in (each.file, each.tools, each.output) if file}
    assert files == set(build.SAMPLES)
