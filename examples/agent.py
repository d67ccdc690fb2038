"""An agent in the terminal: Claude looks at files; answers are shown while they arrive.

pip install "llm-streamparse[cli,pydantic]" anthropic
python examples/agent.py "Which examples run a tool?"     # with ANTHROPIC_API_KEY set
"""

import sys
from pathlib import Path
from typing import Any

from anthropic import Anthropic

from streamparse import Toolbox, wrap
from streamparse.terminal import LiveMessages


def list_files(folder: Path = Path()) -> list[str]:
    """List the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def read_file(path: Path, lines: int = 40) -> str:
    """Read the first lines of a file."""
    return "\n".join(path.read_text(encoding="utf-8").splitlines()[:lines])


client, toolbox = wrap(Anthropic(), every=1 / 30), Toolbox([list_files, read_file])
messages: list[Any] = [{"role": "user", "content": sys.argv[1]}]
while messages[-1]["role"] == "user":
    answer = client.messages.create(
        model="claude-sonnet-5",
        max_tokens=4096,
        messages=messages,
        tools=toolbox,
        stream=True,
    )
    with answer, LiveMessages(answer) as live:
        for _ in answer.batches():
            live.draw()
    calls = answer.message.tool_calls
    results = [(call, toolbox.run_sync(call, errors="return")) for call in calls]
    messages += answer.message.to_history() + answer.message.tool_results(results)
