"""LiteLLM: tool calls of an open model that its server returns as text.

pip install "llm-streamparse[pydantic]" litellm
python examples/frameworks/litellm_calls.py hosted_vllm/Qwen/Qwen3-8B "Ring the small bell"
"""

import json
import sys

import litellm

from streamparse import ArgumentDelta, Toolbox, ToolCallCompleted, stream


def ring_bell(bell: str, times: int, note: str = "") -> str:
    """Ring a bell of the harbour."""
    return f"{bell} rang {times} times ({note})"


toolbox = Toolbox([ring_bell])
prompt = f"Call tools as <tool_call>{{...}}</tool_call>. Tools: {json.dumps(toolbox.to_openai())}"
response = litellm.completion(
    model=sys.argv[1],
    messages=[{"role": "system", "content": prompt}, {"role": "user", "content": sys.argv[2]}],
    stream=True,
)
with stream(response, format="hermes", tools=toolbox) as answer:
    for event in answer:
        match event:
            case ArgumentDelta(call, path, text):
                print(call.name, path, repr(text))
            case ToolCallCompleted(call):
                print(toolbox.run_sync(call))
