"""The UI message stream of the Vercel AI SDK (version 1): what `useChat` reads.

Protocol: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol and the schema of its records in the
package `ai` (7.0.173; 5 and 6 read it too). What the protocol has no record for goes into
`providerMetadata` and `data-*` parts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse.frontends.citations import Source
from streamparse.frontends.encoder import cut_status
from streamparse.frontends.front_end import FrontEnd
from streamparse.frontends.protocol import Record, given
from streamparse.frontends.shown_calls import ShownCall
from streamparse.frontends.signatures import metadata_of
from streamparse.message import ServerToolResult

__all__ = ["FINISH_REASONS", "UIMessageStream"]

# All others become "other".
FINISH_REASONS: Final = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool-calls",
    "content_filter": "content-filter",
    "refusal": "content-filter",
    "error": "error",
}
_LAST: Final = ("finish", "abort")


class UIMessageStream(FrontEnd):
    """Encodes message events as the records of an AI SDK UI message stream.

    A call that was rejected or truncated becomes `tool-input-error`, never `tool-input-available`.
    A refusal is text with `providerMetadata.streamparse.refusal`. Sources and the results of the
    provider's tools come when the answer ends. The metadata of the message has `model`, `usage`,
    `finishReason` and `rawFinishReason`. An answer that failed or was cut ends with an `error`
    record, after the metadata.

    Args:
        message_id: The id of the assistant's message. None leaves it to the client, which is right
            where the client continues its last message because it runs the tools itself.
        dynamic_tools: Whether tools appear as `dynamic-tool` parts instead of `tool-<name>`.
        choice: See `FrontEnd`.
        error_text: See `FrontEnd`.
        provider_events: See `FrontEnd`.
        signatures: See `FrontEnd`.

    >>> from streamparse import MessageParser
    >>> parser, ui = MessageParser("text"), UIMessageStream()
    >>> ui.encode(parser.feed("Hi"))[2:]
    [{'type': 'text-start', 'id': '1'}, {'type': 'text-delta', 'id': '1', 'delta': 'Hi'}]
    >>> [record["type"] for record in ui.encode(parser.finish()) + ui.finish()]
    ['text-end', 'finish-step', 'finish']
    """

    headers: ClassVar[dict[str, str]] = {
        **FrontEnd.headers,
        "x-vercel-ai-ui-message-stream": "v1",
    }

    def __init__(
        self,
        *,
        message_id: str | None = None,
        dynamic_tools: bool = False,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
        provider_events: bool = False,
        signatures: bool = True,
    ) -> None:
        super().__init__(
            choice=choice,
            error_text=error_text,
            provider_events=provider_events,
            signatures=signatures,
        )
        self._message_id = message_id
        self._dynamic_tools = dynamic_tools
        self._parts = 0
        self._sources = 0
        self._in_step = False
        self._is_reset = False  # whether the step was reset and has no answer yet

    @classmethod
    def _framed(cls, record: Record) -> bytes:
        framed = super()._framed(record)
        return framed + b"data: [DONE]\n\n" if record["type"] in _LAST else framed

    def _id_base(self) -> str:
        return self._message_id or self._identity or "message"

    def _write(self, type: str, **fields: Any) -> None:
        """Write a record without the fields that are None."""
        self._out.append({"type": type, **given(**fields)})

    # Answers.

    def _start_stream(self) -> None:
        self._write("start", messageId=self._message_id)

    def _begin_answer(self) -> None:
        super()._begin_answer()
        if self._is_reset:
            self._is_reset = False
            return
        self._end_step()
        self._write("start-step")
        self._in_step = True

    def _end_step(self) -> None:
        """End the step: late, so that it includes the results of the server's tools."""
        if self._in_step:
            self._in_step = False
            self._write("finish-step")

    def _reset(self, calls: list[ShownCall]) -> None:
        self._is_reset = self._in_step
        self._write("reset-step")

    def _end(self) -> None:
        if self._failure is not None:
            # `useChat` reads nothing after an error.
            self._write("message-metadata", messageMetadata=self._metadata())
            self._write("error", errorText=self._text_of(self._failure))
        self._end_step()
        reason = FINISH_REASONS.get(self._finish_reason(), "other")
        self._write("finish", finishReason=reason, messageMetadata=self._metadata())

    def _end_aborted(self, reason: str | None) -> None:
        self._write("abort", reason=reason)

    def _finish_reason(self) -> str:
        """Return our finish reason; an answer cut without a reason counts as an error."""
        message = self._message
        if self._failure is not None or message is None:
            return "error"
        return message.finish_reason or "error"

    def _metadata(self) -> dict[str, Any]:
        message = self._message
        return given(
            model=self._model,
            finishReason=self._finish_reason(),
            rawFinishReason=None if message is None else message.raw_finish_reason,
            usage=self._usage.total() or None,
            status=None if message is None else cut_status(message),
        )

    # Text.

    def _start_part(self, kind: str) -> None:
        self._parts += 1
        refusal = {"streamparse": {"refusal": True}} if kind == "refusal" else None
        self._write(f"{_part(kind)}-start", id=str(self._parts), providerMetadata=refusal)

    def _more(self, kind: str, text: str) -> None:
        self._add(f"{_part(kind)}-delta", "id", str(self._parts), "delta", text)

    def _stop_part(self, kind: str) -> None:
        shown = self._shown
        metadata = None if shown is None else self._signed_metadata(shown.extra)
        if kind == "refusal" and metadata is not None:
            metadata["streamparse"] = {"refusal": True}
        self._write(f"{_part(kind)}-end", id=str(self._parts), providerMetadata=metadata)

    def _signed_metadata(self, extra: dict[str, Any]) -> dict[str, Any] | None:
        return metadata_of(self._api, extra) if self._signatures else None

    # Calls.

    def _start_call(self, call: ShownCall) -> None:
        self._pass(call.call)
        encoding = "text" if call.call.kind == "custom" else None
        self._write("tool-input-start", **self._naming(call), inputEncoding=encoding)

    def _grow_call(self, call: ShownCall, text: str) -> None:
        self._add("tool-input-delta", "toolCallId", call.id, "inputTextDelta", text)

    def _complete_call(self, call: ShownCall) -> None:
        record = {"type": "tool-input-available", **self._naming(call)}
        record["input"] = call.call.arguments
        metadata = self._signed_metadata(call.call.extra)
        if metadata is not None:
            record["providerMetadata"] = metadata
        self._out.append(record)

    def _cut_call(self, call: ShownCall, text: str, code: str) -> None:
        naming = self._naming(call)
        about = {"streamparse": {"status": call.call.status, "code": code}}
        record = {"type": "tool-input-error", **naming, "input": call.text, "errorText": text}
        self._out.append({**record, "providerMetadata": about})

    def _naming(self, call: ShownCall) -> dict[str, Any]:
        naming: dict[str, Any] = {"toolCallId": call.id, "toolName": call.name}
        if call.is_server:
            naming["providerExecuted"] = True
        if self._dynamic_tools:
            naming["dynamic"] = True
        return naming

    def _result(self, call: ShownCall, output: Any, failed: bool) -> None:
        naming = self._naming(call)
        del naming["toolName"]
        if failed:
            text = output
            self._out.append({"type": "tool-output-error", **naming, "errorText": text})
        else:
            self._out.append({"type": "tool-output-available", **naming, "output": output})

    def _preliminary(self, call: ShownCall, output: Any) -> None:
        self._result(call, output, False)
        self._out[-1]["preliminary"] = True

    def _denied(self, call: ShownCall, reason: str | None) -> None:
        self._write("tool-output-denied", toolCallId=call.id)

    def _request(self, call: ShownCall, identity: str, reason: str | None) -> None:
        self._write("tool-approval-request", approvalId=identity, toolCallId=call.id, reason=reason)

    def _respond(
        self, identity: str, call: ShownCall | None, approved: bool, reason: str | None
    ) -> None:
        self._write("tool-approval-response", approvalId=identity, approved=approved, reason=reason)

    def _stray_result(self, part: ServerToolResult) -> None:
        data = {"callId": part.call_id, "name": part.name, "content": part.content}
        self._write("data-server-tool-result", data=data)

    # The rest.

    def custom(self, kind: str, metadata: dict[str, Any] | None = None) -> list[Record]:
        """Return the records for a custom part: content of a provider that has no other part.

        Args:
            kind: The provider and the type of the content, such as `"openai.compaction"`.
            metadata: The content, by the name of the provider (`providerMetadata`).

        Raises:
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        self._start()
        self._write("custom", kind=kind, providerMetadata=metadata)
        return self._take()

    def _write_data(self, name: str, value: Any, identity: str | None, transient: bool) -> None:
        record: Record = {"type": f"data-{name}", "data": value}
        if identity is not None:
            record["id"] = identity
        if transient:
            record["transient"] = True
        self._out.append(record)

    def _source(self, source: Source, citation: Any, index: int) -> None:
        self._sources += 1
        about = {"streamparse": {"citation": citation, **({"index": index} if index else {})}}
        identity = f"{self._id_base()}-source-{self._sources}"
        title = source.title or None
        if source.url:
            self._write(
                "source-url", sourceId=identity, url=source.url, title=title, providerMetadata=about
            )
        else:
            self._write(
                "source-document",
                sourceId=identity,
                mediaType=source.media_type,
                title=title,
                filename=source.filename or None,
                providerMetadata=about,
            )

    def _file(self, url: str, media_type: str) -> None:
        self._write("file", url=url, mediaType=media_type)

    def _reasoning_file(self, url: str, media_type: str) -> None:
        self._write("reasoning-file", url=url, mediaType=media_type)

    def _partial_image(self, image: dict[str, Any]) -> None:
        # `useChat` replaces the data part that has the same id.
        self._write("data-partial-image", id=image["id"], data=image)

    def _provider(self, name: str, data: Any) -> None:
        self._start()
        self._write("data-provider-event", data={"name": name, "data": data}, transient=True)

    def _reject_output(self, about: dict[str, Any]) -> None:
        self._write("data-output-rejected", data=about)


def _part(kind: str) -> str:
    return "reasoning" if kind == "reasoning" else "text"
