"""An open model whose server passes the text on as it is: calls are read from that text.

pip install "llm-streamparse[pydantic]" openai
vllm serve Qwen/Qwen2.5-7B-Instruct                # no --tool-call-parser
python examples/open_model.py http://127.0.0.1:8000/v1
"""

import json
import sys

from openai import OpenAI

from streamparse import Toolbox, stream


def ring_bell(bell: str, times: int, note: str = "") -> str:
    """Ring a bell of the harbour."""
    return f"{bell} rang {times} times ({note})"


toolbox = Toolbox([ring_bell])
prompt = f"Call tools as <tool_call>{{...}}</tool_call>. Tools: {json.dumps(toolbox.to_openai())}"
response = OpenAI(base_url=sys.argv[1], api_key="none").chat.completions.create(
    model="Qwen/Qwen2.5-7B-Instruct",
    messages=[{"role": "system", "content": prompt}, {"role": "user", "content": "The ferry?"}],
    stream=True,
)
for call in stream(response, format="hermes", tools=toolbox).tool_calls():
    print(toolbox.run_sync(call))
