"""Compares answers with the expected results of the cases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final, Literal

from benchmarks.scoreboard.cases import STREAMS, Case, Job
from benchmarks.scoreboard.libraries import Library

Verdict = Literal["right", "wrong", "not offered"]
Answer = dict[str, Any]

#: For each expected end of an answer, the ends that a library may report.
_ENDS: Final = {
    "complete": {"complete"},
    "truncated": {"truncated", "failed"},
    "interrupted": {"truncated", "failed", "unknown", "in_progress"},
    "failed": {"failed"},
    "filtered": {"filtered", "failed"},
}


@dataclass(frozen=True)
class Outcome:
    """The verdict of one check of one case.

    Attributes:
        case: The id of the case.
        check: A key of `cases.CHECKS`.
        verdict: Whether it is right.
        right: The number of inputs (chunkings or cuts) with a right result.
        of: The number of inputs.
        detail: The fault in the first wrong input, or the reason why the library does not offer it.
    """

    case: str
    check: str
    verdict: Verdict
    right: int
    of: int
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, without a detail that is empty."""
        return {key: value for key, value in asdict(self).items() if value != ""}


def judge(case: Case, library: Library, answers: dict[str, Answer]) -> list[Outcome]:
    """Return the outcomes of a case. A job without an answer counts as a crash."""
    faults: dict[str, list[str | None]] = {}
    for job in case.jobs():
        answer = answers.get(job.id, {"died": "no answer"})
        for check, fault in _faults(case, job, answer):
            faults.setdefault(check, []).append(fault and f"{job.id.partition('#')[2]}: {fault}")
    return [_outcome(case, library, check, found) for check, found in faults.items()]


def _outcome(case: Case, library: Library, check: str, faults: list[str | None]) -> Outcome:
    wrong = [fault for fault in faults if fault is not None]
    right, of = len(faults) - len(wrong), len(faults)
    if not wrong:
        return Outcome(case.id, check, "right", right, of)
    lacks = library.lacks
    keys = [check, f"{case.discipline}/{check}"]
    if case.needs is not None:
        keys += [case.needs, f"{case.discipline}/{case.needs}"]
    reason = next((lacks[key] for key in keys if key in lacks), None)
    died = next((fault for fault in wrong if "crash:" in fault or "hang:" in fault), None)
    if reason is not None and died is None:
        return Outcome(case.id, check, "not offered", right, of, f"{reason} ({wrong[0]})")
    return Outcome(case.id, check, "wrong", right, of, died or wrong[0])


def _faults(case: Case, job: Job, answer: Answer) -> Iterator[tuple[str, str | None]]:
    if "died" in answer:
        yield "cut call" if job.check == "cut" else job.check, answer["died"]
        return
    if case.discipline in (*STREAMS, "raw-text"):
        if job.check == "cut":
            yield from _cut_faults(case, answer)
        else:
            yield job.check, _stream_fault(case, answer)
    elif case.discipline == "typed":
        yield from _typed_faults(case, job, answer)
    elif case.discipline == "json":
        yield from _json_faults(case, job, answer)
    else:
        yield "answer", _repair_fault(case, answer)


# Streams.


def _stream_fault(case: Case, answer: Answer) -> str | None:
    expect = case.expect
    if "calls" not in answer:
        return str(answer["raised"])
    complete = expect["end"] == "complete"
    if complete and "raised" in answer:
        return f"raises {answer['raised']}"
    fault = _call_fault(expect, answer)
    if fault is not None:
        return fault
    any_end = expect["end"] == "any" or case.discipline == "raw-text"
    if not any_end and answer["end"] not in _ENDS[expect["end"]]:
        return f"reports the end as {answer['end']} (finish reason {answer.get('reason')})"
    for part in ("text", "reasoning", "refusal"):
        wanted, given = expect.get(part, ""), answer[part]
        if case.discipline == "raw-text":
            wanted, given = wanted.strip(), given.strip()
        if given != wanted and (complete or not wanted.startswith(given) or part == "refusal"):
            return f"{part} is {_short(given)}"
    return None


def _call_fault(expect: Answer, answer: Answer) -> str | None:
    """Return how the calls differ from the expected ones; those of `may_call` are optional."""
    given = answer["calls"]
    allowed = [*expect.get("calls", ()), *expect.get("may_call", ())]
    for call in given:
        if not any(_same_call(call, good) for good in allowed):
            return f"gives the call {_short(call)}"
    if expect["end"] == "any" or len(given) == len(expect.get("calls", ())):
        return None
    if "may_call" in expect and len(given) <= len(allowed):
        return None
    return f"gives {len(given)} calls of {len(expect.get('calls', ()))}"


def _same_call(one: Answer, other: Answer) -> bool:
    return one["name"] == other["name"] and same(one["arguments"], other["arguments"])


def _cut_faults(case: Case, answer: Answer) -> Iterator[tuple[str, str | None]]:
    """Yield the faults for a truncated stream; a raised error is no fault."""
    allowed = [*case.expect.get("calls", ()), *case.expect.get("may_call", ())]
    given = answer.get("calls", ())
    bad = [call for call in given if not any(_same_call(call, good) for good in allowed)]
    yield "cut call", f"gives the call {_short(bad[0])}" if bad else None
    if case.discipline != "raw-text":  # Raw text does not show that it is truncated.
        report = f"reports the end as complete (finish reason {answer.get('reason')})"
        yield "cut end", report if answer.get("end") == "complete" else None


# Values.


def _typed_faults(case: Case, job: Job, answer: Answer) -> Iterator[tuple[str, str | None]]:
    expect = case.expect
    if expect.get("refused"):
        raised = "raised" in answer
        yield "answer", None if raised else f"gives {_short(answer['value'])} as the result"
        if case.data.get("early"):
            early = raised and answer["taken"] < answer["of"] - 2
            yield "early", None if early else f"after {answer['taken']} of {answer['of']} pieces"
        return
    if job.check == "kept":
        yield "kept", _kept_fault(answer)
        return
    if "raised" in answer:
        yield "answer", f"raises {answer['raised']}"
    else:
        fits = same(answer["value"], expect["value"], numbers="loose")
        yield "answer", None if fits else f"gives {_short(answer['value'])}"
    if job.id.endswith("#records"):
        first = answer["first"]
        live = first is not None and first < answer["of"] - 2
        yield "live", None if live else f"the first one after {first} of {answer['of']} pieces"


def _json_faults(case: Case, job: Job, answer: Answer) -> Iterator[tuple[str, str | None]]:
    expect = case.expect
    raised = answer.get("raised")
    if expect.get("survives"):
        bad = raised is not None and raised.startswith(
            ("RecursionError", "MemoryError", "RangeError")
        )
        yield "answer", f"raises {raised}" if bad else None
        return
    if expect.get("error"):
        yield "answer", None if raised else f"gives {_short(answer['value'])}"
        return
    if raised is not None:
        bad = "or_error" not in expect or raised.startswith(("RecursionError", "RangeError"))
        yield "answer", f"raises {raised}" if bad else None
        return
    wanted = next(expect[key] for key in ("value", "deep", "string") if key in expect)
    fits = same(answer["value"], wanted, numbers="loose")
    yield "answer", None if fits else f"gives {_short(answer['value'])}"
    if job.id.endswith("#characters") and "shown" in answer and case.data.get("keep", True):
        yield "kept", _kept_fault(answer)
        if "live" in case.data:
            wanted = case.data["live"]
            live = any(_contains(json.loads(text), wanted) for text in answer["shown"])
            yield "live", None if live else f"{wanted!r} is never shown"


def _repair_fault(case: Case, answer: Answer) -> str | None:
    if "raised" in answer:
        return f"raises {answer['raised']}"
    wanted = [case.expect, *case.data.get("or", ())]
    value = _without_nan(answer["value"])
    if any(same(value, good, numbers="loose") for good in wanted):
        return None
    return f"gives {_short(answer['value'])}"


def _without_nan(value: Any) -> Any:
    """Replace NaN, which is not equal to itself, by None."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return None if value != value else value


def _kept_fault(answer: Answer) -> str | None:
    """Return the first partial value that changed later, or None."""
    shown = [json.loads(text) for text in answer.get("shown", ())]
    for old, new in pairwise(shown):
        change = _change(old, new)
        if change is not None:
            return f"{_short(change[0])} became {_short(change[1])}"
    return None


_GONE: Final = "nothing"


def _change(old: Any, new: Any) -> tuple[Any, Any] | None:
    if old is None:
        return None
    if isinstance(old, str):
        return None if isinstance(new, str) and new.startswith(old) else (old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        changes = (_change(value, new.get(key, _GONE)) for key, value in old.items())
        return next((change for change in changes if change is not None), None)
    if isinstance(old, list) and isinstance(new, list):
        if len(new) < len(old):
            return old, new
        changes = (_change(one, two) for one, two in zip(old, new, strict=False))
        return next((change for change in changes if change is not None), None)
    return None if same(old, new) else (old, new)


def _contains(value: Any, wanted: str) -> bool:
    if isinstance(value, dict):
        return any(_contains(item, wanted) for item in value.values())
    if isinstance(value, list):
        return any(_contains(item, wanted) for item in value)
    return bool(value == wanted)


def same(one: Any, other: Any, numbers: Literal["exact", "loose"] = "exact") -> bool:
    """Compare JSON values: `True` is not 1; 2.0 is 2 only with loose numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            same(value, other[key], numbers) for key, value in one.items()
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            same(*pair, numbers) for pair in zip(one, other, strict=True)
        )
    number = (int, float)
    if numbers == "loose" and isinstance(one, number) and isinstance(other, number):
        return isinstance(one, bool) == isinstance(other, bool) and one == other
    return type(one) is type(other) and bool(one == other)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 90 else text[:87] + "…"


def counts(outcomes: Iterable[Outcome]) -> dict[Verdict, int]:
    total: dict[Verdict, int] = {"right": 0, "wrong": 0, "not offered": 0}
    for outcome in outcomes:
        total[outcome.verdict] += 1
    return total
