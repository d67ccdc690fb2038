// What the types of the package allow; compiled by tests/js/test_package.py.
import {
  fromEventSource,
  type Message,
  type MessageEvent,
  MessageReader,
  PatchApplier,
  type ResponseError,
  type ToolCall,
  type Update,
} from "llm-streamparse";
import { type MessageState, useMessage } from "llm-streamparse/react";

interface Trip {
  city: string;
}
interface ToolResult {
  type: "tool_result";
  id: string;
  result: unknown;
}

const applier = new PatchApplier<Trip>();
const trip: Trip = applier.apply([[0, { city: "Par" }]]);
const before: Trip | null = applier.value;

function shown(event: MessageEvent | ToolResult): string {
  switch (event.type) {
    case "tool_result":
      return event.id;
    case "tool_call_rejected":
      return `${event.call.name}: ${event.error.message}`;
    case "arguments":
      return event.open === null ? "whole" : JSON.stringify(event.call.partial);
    case "text_delta":
      return event.text;
    case "message_finished":
      return event.status;
    case "provider_event":
      return event.name;
    default:
      return event.type;
  }
}

export async function read(signal: AbortSignal): Promise<Message<Trip>> {
  const reader = new MessageReader<ToolResult, Trip>();
  let last: Update<ToolResult, Trip> | undefined;
  try {
    const options = { method: "POST", body: "{}", signal, reader, attempts: 3, stop: (id: string) => id };
    for await (const update of fromEventSource(new URL("http://x.example/"), options)) {
      last = update;
      update.events.map(shown);
      const city: string | undefined = update.message.output?.city;
      const calls: ToolCall[] = update.message.tool_calls.filter((call) => call.status === "complete");
      for (const part of update.message.content) {
        if (part.type === "citation") part.sources.map((source) => source.url ?? city ?? "");
        else if (part.type === "file") part.url.toUpperCase();
        else if (part.type === "tool_call") calls.push(part);
      }
    }
  } catch (error) {
    (error as ResponseError).response.status.toFixed();
  }
  return last?.message ?? reader.message;
}

export function Answer(): string {
  const state: MessageState<ToolResult, Trip> = useMessage<ToolResult, Trip>();
  void state.start("/answer", { onEvent: shown, stop: (id) => void id });
  return state.status === "error" ? String(state.error) : `${state.message.output?.city} ${trip} ${before}`;
}
