"""pydantic-ai: show the arguments of a tool call while the agent receives them.

pip install llm-streamparse "pydantic-ai-slim[openai]"
python examples/frameworks/pydantic_ai_arguments.py "Write a note to Mira"
"""

import asyncio
import sys

from pydantic_ai import Agent, PartDeltaEvent, PartStartEvent, ToolCallPart, ToolCallPartDelta

from streamparse import JSONParser, StringDelta

agent = Agent("openai-chat:gpt-5.1")


@agent.tool_plain
def draft_message(to: str, subject: str, body: str) -> str:
    return f"The draft to {to} is saved."


def show(parser: JSONParser, arguments: object) -> None:
    for event in parser.feed(arguments if isinstance(arguments, str) else ""):
        if isinstance(event, StringDelta):
            print(event.path, repr(event.text))


async def main(question: str) -> None:
    parsers: dict[int, JSONParser] = {}
    async with agent.run_stream_events(question) as events:
        async for event in events:
            match event:
                case PartStartEvent(index=index, part=ToolCallPart(args=arguments)):
                    parsers[index] = JSONParser()
                    show(parsers[index], arguments)
                case PartDeltaEvent(index=index, delta=ToolCallPartDelta(args_delta=arguments)):
                    show(parsers[index], arguments)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
