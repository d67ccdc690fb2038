"""Cost per record, from the bytes of a provider to parsed arguments, compared with the SDKs.

The SDKs of OpenAI and Anthropic read the same bytes through an in-process transport, so the network
is not measured. They parse the whole buffer again with every delta. streamparse emits an event for
every argument, and the partial arguments can be read. The final arguments are compared first.

    python -m benchmarks.bench_messages [--quick]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Final

from benchmarks import peers
from benchmarks.bodies import BODIES, TEXT_ONLY, TOOL, network
from benchmarks.corpus import DOCUMENTS
from benchmarks.timing import microseconds, pair, size_name, table, times
from streamparse import MessageParser

SIZES: Final = (2_000, 20_000)
DELTA: Final = 4
DOCUMENTS_MEASURED: Final = ("structure", "code string")


def ours(fragments: list[bytes], api: Any) -> Any:
    """Feed all chunks and return the arguments."""
    parser = MessageParser(api=api)
    for fragment in fragments:
        parser.feed(fragment)
    parser.finish()
    message = parser.message
    return json.loads(message.text) if api in TEXT_ONLY else message.tool_calls[0].arguments


def openai_sdk(body: bytes) -> object:
    """Run `client.chat.completions.stream()`, which parses the arguments of a strict tool."""
    httpx, openai = import_module("httpx"), import_module("openai")
    client = openai.OpenAI(api_key="none", http_client=httpx.Client(transport=_answer(httpx, body)))
    parameters = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    function = {"name": TOOL, "strict": True, "parameters": parameters}
    tools: Any = [{"type": "function", "function": function}]
    messages: Any = [{"role": "user", "content": "go"}]
    with client.chat.completions.stream(model="m", messages=messages, tools=tools) as stream:
        for _ in stream:
            pass
        choice = stream.get_final_completion().choices[0]
    return json.loads(choice.message.tool_calls[0].function.arguments)


def anthropic_sdk(body: bytes) -> object:
    """Run `client.messages.stream()`."""
    anthropic = import_module("anthropic")
    # Newer releases of the SDK have their own copy of the client.
    http = _first_module("httpx2", "httpx")
    http_client = http.Client(transport=_answer(http, body))
    client = anthropic.Anthropic(api_key="none", http_client=http_client)
    messages: Any = [{"role": "user", "content": "go"}]
    with client.messages.stream(model="m", max_tokens=9, messages=messages) as stream:
        for _ in stream:
            pass
        return stream.get_final_message().content[0].input


def _answer(http: Any, body: bytes) -> Any:
    headers = {"content-type": "text/event-stream"}
    return http.MockTransport(lambda request: http.Response(200, headers=headers, content=body))


def _first_module(*names: str) -> Any:
    for name in names:
        if importlib.util.find_spec(name) is not None:
            return import_module(name)
    raise ImportError(names[0])


SDKS: Final[dict[str, tuple[str, Callable[[bytes], object]]]] = {
    "openai-chat": ("openai", openai_sdk),
    "anthropic-messages": ("anthropic", anthropic_sdk),
}


def sdk_rows(sizes: Sequence[int], seconds: float) -> Iterator[list[str]]:
    """Return our cost per record and that of an SDK, if the SDK is installed."""
    for api, (package, sdk) in SDKS.items():
        if importlib.util.find_spec(package) is None:
            continue
        for document in DOCUMENTS_MEASURED:
            for size in sizes:
                text = DOCUMENTS[document](size)
                body = BODIES[api](text, DELTA)
                fragments, count = network(body), len(text) // DELTA
                assert ours(fragments, api) == sdk(body) == json.loads(text)
                mine, theirs = pair(partial(ours, fragments, api), partial(sdk, body), seconds)
                cells = (microseconds(mine / count), microseconds(theirs / count))
                yield [f"{api}, {document}, {size_name(size)}", *cells, times(theirs / mine)]


def api_rows(sizes: Sequence[int], seconds: float) -> Iterator[list[str]]:
    """Return, for each API, the cost of a record in a small and a large body, and the growth."""
    make = DOCUMENTS["structure"]
    for api, body_of in BODIES.items():
        texts = [make(size) for size in (sizes[0], sizes[-1])]
        few, many = (network(body_of(text, DELTA)) for text in texts)
        assert ours(many, api) == json.loads(texts[1])
        low, high = pair(partial(ours, few, api), partial(ours, many, api), seconds)
        before, after = low * DELTA / len(texts[0]), high * DELTA / len(texts[1])
        yield [api, microseconds(before), microseconds(after), times(after / before)]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small bodies and short runs")
    quick = parser.parse_args(arguments).quick
    sizes, seconds = ((400, 800), 0.01) if quick else (SIZES, 2.0)
    print(f"Build of streamparse: **{peers.build()}**.\n")
    print("µs per record, deltas of 4 characters, bytes in pieces of 1,400.\n")
    head = ["body", "streamparse", "SDK", "SDK / streamparse"]
    print(table(head, sdk_rows(sizes, seconds)), flush=True)
    print("\nµs per record by API, and growth.\n")
    head = ["API", size_name(sizes[0]), size_name(sizes[-1]), "growth"]
    print(table(head, api_rows(sizes, seconds)))


if __name__ == "__main__":
    main()
