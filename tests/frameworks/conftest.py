"""Fixtures of the tests of frameworks: a local provider, and programs as modules."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.frameworks.serving import Provider, load
from tests.test_example_programs import environment
from tests.web.serving import Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore the warnings of the frameworks."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore"))


@pytest.fixture(autouse=True)
def _leftovers() -> Iterator[None]:
    """Collect the connections that frameworks leave open, which pytest would report at the end."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.fixture
def provide(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Provider]]:
    """Start a provider with these recordings and set it in the environment."""
    servers: list[tuple[Provider, Server]] = []

    def start(*recordings: str | bytes) -> Provider:
        provider = Provider(*recordings)
        server = Server(provider.app)
        server.__enter__()
        servers.append((provider, server))
        provider.url = server.url
        for name, value in environment(server.url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # No download.
        return provider

    yield start
    for provider, server in servers:
        provider.gate.set()
        server.__exit__()


@pytest.fixture
def program() -> Iterator[Callable[[str], ModuleType]]:
    """Return a function that loads a program as a module until the end of the test."""
    names: list[str] = []

    def loaded(name: str) -> ModuleType:
        names.append(name)
        return load(name)

    yield loaded
    for name in names:
        sys.modules.pop(name, None)
