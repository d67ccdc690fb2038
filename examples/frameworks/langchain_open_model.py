"""LangChain: tool calls of an open model whose server returns them as text.

pip install "llm-streamparse[pydantic]" langchain-openai
vllm serve Qwen/Qwen2.5-7B-Instruct                # no --tool-call-parser
OPENAI_BASE_URL=http://127.0.0.1:8000/v1 python examples/frameworks/langchain_open_model.py
"""

import json
from collections.abc import Iterator

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.runnables import RunnableGenerator
from langchain_openai import ChatOpenAI

from streamparse import MessageFinished, TextDelta, Toolbox, ToolCallCompleted, stream


def ring_bell(bell: str, times: int, note: str = "") -> str:
    """Ring a bell of the harbour."""
    return f"{bell} rang {times} times ({note})"


toolbox = Toolbox([ring_bell])
prompt = f"Call tools as <tool_call>{{...}}</tool_call>. Tools: {json.dumps(toolbox.to_openai())}"


def with_calls(chunks: Iterator[AIMessage]) -> Iterator[AIMessageChunk]:
    for event in stream(chunks, format="hermes", tools=toolbox):
        match event:
            case TextDelta(text):
                yield AIMessageChunk(content=text)
            case ToolCallCompleted(call):
                arguments = json.dumps(call.arguments)
                identity = call.id or f"call_{call.index}"
                piece = tool_call_chunk(
                    name=call.name, args=arguments, id=identity, index=call.index
                )
                yield AIMessageChunk(content="", tool_call_chunks=[piece])
            case MessageFinished(message):
                end = {"finish_reason": message.finish_reason}
                yield AIMessageChunk(content="", response_metadata=end, chunk_position="last")


llm = ChatOpenAI(model="Qwen/Qwen2.5-7B-Instruct", streaming=True)
model = llm | RunnableGenerator(with_calls)

if __name__ == "__main__":
    for call in model.invoke([("system", prompt), ("user", "The ferry?")]).tool_calls:
        print(ring_bell(**call["args"]))
