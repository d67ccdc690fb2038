"""Configuration of all test runs: the expected build, the number of examples, and test data."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import streamparse

ROOT = Path(__file__).parents[1]


def pytest_sessionstart() -> None:
    """Fail if the loaded build is not the requested one."""
    expected = os.environ.get("STREAMPARSE_EXPECT")
    loaded = "compiled" if streamparse.COMPILED else "pure"
    if expected and expected != loaded:
        raise pytest.UsageError(
            f"STREAMPARSE_EXPECT={expected}, but the {loaded} build is loaded "
            f"from {Path(streamparse.__file__).parent}"
        )


def pytest_collection_finish() -> None:
    """Exclude all present objects from garbage collection, because some tests collect often."""
    gc.collect()
    gc.freeze()


def register_profiles() -> None:
    settings.register_profile(
        "default",
        max_examples=100,
        # Deadlines fail on a busy machine, and building a document is sometimes slow.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
    default = settings.get_profile("default")
    # A repeated run must have the same result.
    settings.register_profile("ci", default, derandomize=True)
    settings.register_profile("thorough", default, max_examples=10_000)


def load_profile() -> None:
    """Load the profile HYPOTHESIS_PROFILE, with STREAMPARSE_EXAMPLES as its number of examples."""
    name = os.environ.get("HYPOTHESIS_PROFILE", "default")
    examples = os.environ.get("STREAMPARSE_EXAMPLES")
    if examples:
        chosen = settings.get_profile(name)
        name = f"{name}-{examples}"
        settings.register_profile(name, chosen, max_examples=int(examples))
    settings.load_profile(name)


register_profiles()
load_profile()


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache for all runs of mypy, so that they do not check the package each time."""
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recorded and published test data, which is not in the repository."""
    data = Path(os.environ.get("STREAMPARSE_DATA") or ROOT.parent / "shared" / "data" / "dev")
    if not data.is_dir():
        pytest.skip(
            "no test data: STREAMPARSE_DATA names no folder, and none is beside the checkout"
        )
    return data
