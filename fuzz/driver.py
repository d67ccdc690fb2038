"""Runs a check under atheris: `python -m fuzz.fuzz_json [options of libFuzzer] [corpus folders]`.

New inputs are written to the first folder, or to `fuzz/out/`, which Git ignores. Seeds are read
from `fuzz/corpus/`.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(target: str, check: str, corpus: str, module: str = "checks") -> None:
    """Fuzz the named function of a module of `fuzz` until libFuzzer ends the process."""
    try:
        import atheris
    except ImportError:
        print("fuzzing needs atheris: pip install 'llm-streamparse[fuzz]' on Python 3.12 or 3.13")
        sys.exit(2)
    # The fuzzer is guided by the coverage of the package only.
    with atheris.instrument_imports(include=["streamparse"]):
        checks = importlib.import_module(f"fuzz.{module}")
    atheris.Setup(arguments(target, corpus), getattr(checks, check))
    atheris.Fuzz()


def arguments(target: str, corpus: str) -> list[str]:
    """Return the arguments of the command line, completed by the default options and folders."""
    given = sys.argv[1:]
    out = HERE / "out" / target
    out.mkdir(parents=True, exist_ok=True)
    if all(one.startswith("-") for one in given):
        given.append(str(out))
    if not any(map(os.path.isfile, given)):  # A file is a finding, which is run alone.
        given.append(str(HERE / "corpus" / corpus))
    usual = [
        f"-dict={HERE / 'corpus' / corpus}.dict",
        f"-artifact_prefix={out}/",
        "-max_len=100000",  # libFuzzer begins with short inputs.
        "-timeout=20",
        "-rss_limit_mb=1024",
    ]
    return [sys.argv[0], *usual, *given]
