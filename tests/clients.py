"""Runs the npm clients of the front-end protocols in Node, and computes the expected results.

The expected state is made of the `Message` and the joined deltas of its calls, without encoders.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streamparse import (
    Citation,
    Message,
    Part,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    ToolCall,
)
from streamparse._core.plain import json_text
from streamparse.frontends import AGUIEvents, DataStream, UIMessageStream
from streamparse.frontends.citations import sources_of
from streamparse.frontends.files import files_in
from streamparse.message_events import ReasoningDelta, RefusalDelta, ServerToolCompleted, TextDelta
from tests.messages import call_texts

NODE = Path(__file__).parent / "node"
SECONDS = 300
# For each API the name of its provider in the AI SDK, and the SDK's names of members of `extra`.
SIGNED: dict[str, tuple[str, dict[str, str]]] = {
    "anthropic-messages": ("anthropic", {"signature": "signature", "data": "redactedData"}),
    "bedrock-converse": (
        "bedrock",
        {"signature": "signature", "redactedContent": "redactedData"},
    ),
    "google-generate": ("google", {"thoughtSignature": "thoughtSignature"}),
    "openai-responses": (
        "openai",
        {"id": "itemId", "encrypted_content": "reasoningEncryptedContent"},
    ),
}
SIGNED["bedrock-invoke-anthropic"] = SIGNED["anthropic-messages"]
AGUI_ROLES = {"text": "assistant", "reasoning": "reasoning"}

REASONS = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool-calls",
    "content_filter": "content-filter",
    "refusal": "content-filter",
    "paused": "other",
    "other": "other",
}


def missing() -> str | None:
    """Return why the clients cannot run, or None."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (NODE / "node_modules" / "ai").is_dir():
        return "the npm packages are missing: npm ci --prefix tests/node"
    return None


@dataclass
class Read:
    """The number of bodies that each client has read, and the unexpected results."""

    counts: dict[str, int]
    differences: list[dict[str, Any]]


def read(rows: Iterable[dict[str, Any]]) -> Read:
    """Let the clients read the rows in one process."""
    lines = "".join(json_text(row) + "\n" for row in rows)
    *differences, last = _run("clients.mjs", lines)
    return Read(last["read"], differences)


def raw_state(**bodies: bytes | None) -> dict[str, Any]:
    """Return what the clients have after these bodies (`ui`, `agui`): messages, state and end."""
    texts = {name: None if body is None else body.decode() for name, body in bodies.items()}
    row = {"name": "raw", "raw": True, "ui": None, "agui": None, **texts}
    *states, _ = _run("clients.mjs", json_text(row) + "\n")
    return {one["protocol"]: one["raw"] for one in states}


def assistant_state(data: bytes) -> dict[str, Any]:
    """Return the message that assistant-ui has after a data stream."""
    message, _ = _run("others.mjs", json_text({"raw": True, "data": data.decode()}) + "\n")
    state: dict[str, Any] = message["raw"]
    return state


def written() -> list[dict[str, Any]]:
    """Return streams that the npm packages write, with the messages that they read from them."""
    return _run("writers.mjs", "")


def _run(program: str, lines: str) -> list[Any]:
    """Run a program of `NODE`; return the JSON Lines that it writes."""
    why = missing()
    if why is not None:
        if os.environ.get("STREAMPARSE_NODE") == "required":
            pytest.fail(why)
        pytest.skip(why)
    done = subprocess.run(
        ["node", program],
        input=lines.encode(),
        capture_output=True,
        cwd=NODE,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


# Requests


def row(name: str, message: Message, events: list[Any], batch: int = 1) -> dict[str, Any]:
    """Return a row for the clients, with this number of events in each call of `encode`."""
    ui = UIMessageStream(message_id="m", choice=message.choice)
    agui = AGUIEvents("t", "r", choice=message.choice, provider_events=True)
    view = ClientView(message, call_texts(events), events)
    return {
        "name": name,
        "ui": b"".join(bodies(ui, events, batch)).decode(),
        "agui": b"".join(bodies(agui, events, batch)).decode(),
        "expected": {"ui": view.ui(), "agui": view.agui()},
    }


def row_of_others(name: str, message: Message, events: list[Any]) -> dict[str, Any]:
    """Return a row for `others.mjs`, from the same records."""
    both = row(name, message, events)
    view = ClientView(message, call_texts(events), events)
    data = DataStream(message_id="m", choice=message.choice)
    expected = {"assistant": view.assistant(), "tanstack": view.tanstack()}
    expected["stream"] = view.data_stream()
    return {**both, "data": b"".join(bodies(data, events)).decode(), "expected": expected}


def read_by_others(rows: Iterable[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
    """Return the number of bodies that other clients have read, and the unexpected results."""
    *differences, last = _run("others.mjs", "".join(json_text(one) + "\n" for one in rows))
    return last["read"], differences


def bodies(encoder: Any, events: list[Any], batch: int = 1) -> Iterator[bytes]:
    for start in range(0, len(events), batch):
        yield encoder.to_sse(encoder.encode(events[start : start + batch]))
    yield encoder.to_sse(encoder.finish())


# Expectations


class ClientView:
    """The expected state of the clients at the end of a message."""

    def __init__(self, message: Message, texts: dict[Any, str], events: list[Any]) -> None:
        self.message = message
        self.texts = texts
        self.events = [event for event in events if event.choice == message.choice]
        self.made = 0

    def identified(self, base: str) -> dict[int, str]:
        """Return the ids of the calls by index; missing and repeated ids are replaced."""
        found: dict[int, str] = {}
        made = 0
        for call in self.message.tool_calls:
            identity = call.id
            if identity is None or identity in found.values():
                made += 1
                identity = f"{identity or base + '-call'}-{made}"
            found[call.index] = identity
        return found

    def text_of(self, call: ToolCall) -> str:
        return self.texts.get((self.message.choice, call.index), "")

    def results(self) -> dict[int, ServerToolResult]:
        """Return the results by index of their calls.

        A result without the id of its call belongs to the first call of its tool that has none.
        """
        found: dict[int, ServerToolResult] = {}
        for part in self.completed:
            for call in self.message.tool_calls:
                mine = call.id == part.call_id if part.call_id else call.name == part.name
                if mine and call.index not in found and call.status == "complete":
                    found[call.index] = part
                    break
        return found

    @property
    def completed(self) -> list[ServerToolResult]:
        """The results of tools that the provider ran, if they arrived in full."""
        return [event.result for event in self.events if isinstance(event, ServerToolCompleted)]

    def order(self, ids: dict[int, str], with_files: bool) -> list[str]:
        """Return the kinds of the parts in order; adjacent parts of one kind count once."""
        found: list[str] = []
        for part in self.message.content:
            if isinstance(part, (Text, Reasoning, Refusal)) and part.text:
                kind: str = part.type
            elif isinstance(part, ToolCall):
                kind = f"call {ids[part.index]}"
            elif with_files and (url := file_of(part)):
                kind = f"file {url[0]}"
            else:
                continue
            if found[-1:] != [kind]:
                found.append(kind)
        return found

    @property
    def streamed(self) -> dict[str, Any]:
        """The texts of the deltas, which clients keep even if the provider's final text differs."""
        kinds: dict[str, Any] = {
            "text": TextDelta,
            "reasoning": ReasoningDelta,
            "refusal": RefusalDelta,
        }
        return {
            name: "".join([event.text for event in self.events if isinstance(event, kind)])
            for name, kind in kinds.items()
        }

    def signed(self) -> Iterator[tuple[str, str, dict[str, Any], str]]:
        """Yield the kind, text and data (for both protocols) of the parts with such data."""
        provider, names = SIGNED.get(self.message.api or "", ("", {}))
        items: dict[str, Reasoning] = {}  # Several parts may belong to one item.
        texts: dict[int, str] = {}
        for part in self.message.content:
            if isinstance(part, Reasoning):
                item = items.setdefault(str(part.extra.get("id") or id(part)), part)
                texts[id(item)] = texts.get(id(item), "") + part.text
        for part in self.message.content:
            found = {name: part.extra[name] for name in names if part.extra.get(name)}
            if not set(found) - {"id"} or not isinstance(part, (Text, Reasoning, ToolCall)):
                continue
            kind: str = part.type
            if isinstance(part, ToolCall):
                kind = f"tool-{part.name}"
                if part.status != "complete":
                    continue
            about = {provider: {names[name]: value for name, value in found.items()}}
            plain = set(found) <= {"signature", "thoughtSignature"}
            value = next(iter(found.values())) if plain else json_text(found)
            yield kind, texts.get(id(part), ""), about, value

    def failure(self) -> str | None:
        """Return the reported failure, unless it is a limit or a filter."""
        message = self.message
        if message.error is not None:
            return message.error.message
        cut = message.finish_reason is None
        return "the answer was cut off before its end" if cut else None

    def cut(self) -> str | None:
        """Return "truncated" for a truncated answer, unless a finish reason or error shows it."""
        message = self.message
        shown = message.error or message.finish_reason in ("length", "content_filter", "cancelled")
        return None if shown or message.status != "truncated" else "truncated"

    def counts(self) -> dict[str, int]:
        usage = self.message.usage
        if usage is None:
            return {}
        counts = {
            "inputTokens": usage.input_tokens,
            "outputTokens": usage.output_tokens,
            "totalTokens": usage.total_tokens,
            "reasoningTokens": usage.reasoning_tokens,
            "cachedInputTokens": usage.cached_tokens,
            "cacheWriteInputTokens": usage.cache_write_tokens,
        }
        return {name: count for name, count in counts.items() if count is not None}

    # The AI SDK.

    def ui(self) -> dict[str, Any]:
        message = self.message
        ids = self.identified("m")
        failure = self.failure()
        results = self.results()
        cited = [part.data for part in message.content if isinstance(part, Citation)]
        finish = "error" if failure else message.finish_reason
        metadata = {
            "model": message.model,
            "finishReason": finish,
            "rawFinishReason": message.raw_finish_reason,
            "usage": self.counts() or None,
            "status": self.cut(),
        }
        return {
            "id": "m",
            **self.streamed,
            "order": self.order(ids, True),
            "calls": [self.ui_call(call, ids, results) for call in message.tool_calls],
            "sources": [self.ui_source(source) for data in cited for source in sources_of(data)],
            "metadata": {name: value for name, value in metadata.items() if value is not None},
            "signed": [[kind, text, about] for kind, text, about, _ in self.signed()],
            "open": 0,
            "errors": [failure] if failure else [],
            "finished": [REASONS.get(finish or "", "error")],
        }

    def ui_call(
        self, call: ToolCall, ids: dict[int, str], results: dict[int, ServerToolResult]
    ) -> dict[str, Any]:
        shown: dict[str, Any] = {"id": ids[call.index], "name": call.name or "unknown"}
        shown["server"] = call.kind == "server"
        if call.status != "complete":
            text = self.text_of(call)
            why = "the call was cut off before its end"
            if call.status == "rejected":
                why = call.errors[-1].message
            return {**shown, "state": "output-error", "input": text, "errorText": why}
        shown["input"] = call.arguments
        if call.index not in results:
            return {**shown, "state": "input-available"}
        return {**shown, "state": "output-available", "output": results[call.index].content}

    def ui_source(self, source: Any) -> dict[str, Any]:
        named = {"url": source.url, "title": source.title, "filename": source.filename}
        found = {name: value for name, value in named.items() if value}
        return found if source.url else {**found, "mediaType": source.media_type}

    # Other clients of both protocols.

    def assistant(self) -> dict[str, Any]:
        ui = self.ui()
        files = [file[0] for part in self.message.content if (file := file_of(part))]
        sources = [{k: v for k, v in one.items() if k in ("url", "title")} for one in ui["sources"]]
        calls = []
        for call in ui["calls"]:
            shown = {"id": call["id"], "name": call["name"], "input": call["input"]}
            if call["state"] == "output-error":
                shown |= {"result": call["errorText"], "failed": True}
            elif not isinstance(shown["input"], dict):
                shown["input"] = {}  # The client accepts objects only.
            if "output" in call:
                shown["result"] = call["output"]
            calls.append(shown)
        return {
            "text": self.answer_text(),
            "reasoning": self.streamed["reasoning"],
            "calls": calls,
            "sources": sources,
            "files": files,
        }

    def data_stream(self) -> dict[str, Any]:
        """Like `assistant`, but free text is the member `input` of the arguments."""
        shown = self.assistant()
        for call, mine in zip(shown["calls"], self.message.tool_calls, strict=True):
            if mine.status != "complete":
                call["input"] = None  # Its text is not compared.
            elif mine.kind == "custom":
                call["input"] = {"input": mine.arguments}
        return shown

    def tanstack(self) -> dict[str, Any]:
        agui = self.agui()
        calls = [
            {"id": shown["id"], "name": shown["name"], "input": self.input_of(call)}
            for shown, call in zip(agui["calls"], self.message.tool_calls, strict=True)
        ]
        shown = {
            "text": self.answer_text(),
            "reasoning": self.streamed["reasoning"],
            "calls": calls,
            "results": dict(agui["results"]),
        }
        error = agui["end"].get("error")
        return shown if error is None else {**shown, "error": error}

    def answer_text(self) -> str:
        """Return text and refusal together, because these clients do not distinguish them."""
        kinds = (TextDelta, RefusalDelta)
        return "".join([event.text for event in self.events if isinstance(event, kinds)])

    def input_of(self, call: ToolCall) -> Any:
        """Return the arguments; those of an incomplete call only if its text is valid JSON."""
        if call.status == "complete":
            return call.arguments
        try:
            return json.loads(self.text_of(call))
        except ValueError:
            return None

    # AG-UI.

    def agui(self) -> dict[str, Any]:
        message = self.message
        ids = self.identified("r")
        results = self.results()
        calls = [self.agui_call(call, ids) for call in message.tool_calls]
        end = self.agui_end(ids)
        reported = [[ids[index], result_text(part)] for index, part in results.items()]
        unreported = [
            call.index
            for call in message.tool_calls
            if call.kind == "server" and call.index not in results and "error" not in end
        ]
        return {
            **self.streamed,
            "order": self.order(ids, False),
            "calls": calls,
            "results": sorted(reported + [[ids[index], ""] for index in unreported], key=by_name),
            "signed": [
                [AGUI_ROLES.get(kind, "call"), text, value]
                for kind, text, _, value in self.signed()
            ],
            "custom": sorted(self.customs(ids), key=by_name),
            "end": end,
        }

    def agui_call(self, call: ToolCall, ids: dict[int, str]) -> dict[str, Any]:
        shown = {"id": ids[call.index], "name": call.name or "unknown"}
        if call.status == "complete":
            shown["input"] = call.arguments
        return shown

    def agui_end(self, ids: dict[int, str]) -> dict[str, Any]:
        message = self.message
        counts = self.counts()
        model = {} if message.model is None else {"model": message.model}
        usage = {"usage": [{**model, **counts}]} if counts else {}
        failure = self.failure()
        if failure is not None:
            code = "truncated" if message.error is None else message.error.code
            return {"error": failure, "code": code, **usage}
        if message.finish_reason in ("length", "content_filter"):
            reason = message.finish_reason
            return {"error": f"the answer was cut: {reason}", "code": reason, **usage}
        cut = [call for call in message.tool_calls if call.status != "complete"]
        if cut:
            why = f"the call of {cut[0].name} is not complete"
            return {"error": why, "code": "incomplete_call", **usage}
        pending = [ids[call.index] for call in message.tool_calls if call.kind != "server"]
        end = {"outcome": "success", "pending": pending, **usage}
        return {**end, "reason": message.finish_reason}

    def customs(self, ids: dict[int, str]) -> Iterator[list[Any]]:
        message = self.message
        for call in message.tool_calls:
            if call.status == "complete":
                continue
            why, code = "the call was cut off before its end", "truncated"
            if call.status == "rejected":
                why, code = call.errors[-1].message, call.errors[-1].code
            about: dict[str, Any] = {"toolCallId": ids[call.index]}
            about["toolCallName"] = call.name or "unknown"
            yield [f"tool_call_{call.status}", {**about, "errorText": why, "code": code}]
        for part in message.content:
            file = file_of(part)
            if file is not None:
                yield ["file", {"url": file[0], "mediaType": file[1]}]
        for event in self.events:
            if event.type == "provider_event" and event.name.endswith(".partial_image"):
                kind, data = f"image/{event.data['output_format']}", event.data
                shown = {"url": f"data:{kind};base64,{data['partial_image_b64']}"}
                number = {"mediaType": kind, "index": data["partial_image_index"]}
                yield ["partial_image", {"id": data["item_id"], **shown, **number}]
        matched = list(self.results().values())
        for part in message.content:
            if isinstance(part, Citation):
                for index, source in enumerate(sources_of(part.data)):
                    named: dict[str, Any] = {**source._asdict(), "index": index}
                    named["mediaType"] = named.pop("media_type")
                    named = {name: value for name, value in named.items() if value}
                    yield ["source", {**named, "citation": part.data}]
        for part in self.completed:
            if all(part is not one for one in matched):
                stray = {"callId": part.call_id, "name": part.name, "content": part.content}
                yield ["server_tool_result", stray]


def file_of(part: Part) -> tuple[str, str] | None:
    """Return the URL and the media type of a part that is a file."""
    return next(iter(files_in(part.extra)), None)


def by_name(pair: list[Any]) -> str:
    """Return a sort key, like `byName` in clients.mjs."""
    name, value = pair
    return f"{name} {value.get('toolCallId', '') if isinstance(value, dict) else ''}"


def result_text(result: ServerToolResult) -> str:
    content = result.content
    return content if isinstance(content, str) else json_text(content)
