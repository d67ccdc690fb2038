// Writes streams with the real packages, and reads them with the readers of these packages.
//
// Standard output: JSON Lines {name, protocol, body, message}: the body of a response, and the
// message that the package reads from it.

import { HttpAgent } from "@ag-ui/client";
import { EventEncoder } from "@ag-ui/encoder";
import {
  createUIMessageStream,
  createUIMessageStreamResponse,
  DefaultChatTransport,
  jsonSchema,
  readUIMessageStream,
  simulateReadableStream,
  stepCountIs,
  streamText,
  tool,
} from "ai";
import { MockLanguageModelV4 } from "ai/test";

console.warn = () => {};

const USAGE = {
  inputTokens: { total: 7, noCache: 7, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 3, reasoning: 2 },
};

function finish(reason) {
  return { type: "finish", finishReason: { unified: reason, raw: reason }, usage: USAGE };
}

// A model that writes the given parts, one list for each step.
function model(...steps) {
  let step = 0;
  return new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [{ type: "stream-start", warnings: [] }, ...steps[step++]],
        initialDelayInMs: null,
        chunkDelayInMs: null,
      }),
    }),
  });
}

function text(id, ...deltas) {
  const pieces = deltas.map((delta) => ({ type: "text-delta", id, delta }));
  return [{ type: "text-start", id }, ...pieces, { type: "text-end", id }];
}

function reasoning(id, delta) {
  const kinds = [{ type: "reasoning-start" }, { type: "reasoning-delta", delta }];
  return [...kinds, { type: "reasoning-end", providerMetadata: { mock: { signature: "s" } } }].map(
    (part) => ({ ...part, id }),
  );
}

function call(toolCallId, toolName, input) {
  const half = input.length >> 1;
  const deltas = [input.slice(0, half), input.slice(half)];
  return [
    { type: "tool-input-start", id: toolCallId, toolName },
    ...deltas.map((delta) => ({ type: "tool-input-delta", id: toolCallId, delta })),
    { type: "tool-input-end", id: toolCallId },
    { type: "tool-call", toolCallId, toolName, input },
  ];
}

const inputSchema = jsonSchema({
  type: "object",
  properties: { port: { type: "string" }, at: { type: "number" } },
  required: ["port"],
});
const tools = {
  tide: tool({ inputSchema, execute: async ({ port }) => ({ metres: 6.2, port }) }),
  broken: tool({
    inputSchema,
    execute: async () => {
      throw new Error("no gauge");
    },
  }),
  ask: tool({ inputSchema }),
};

function ran(...steps) {
  const result = streamText({
    model: model(...steps),
    prompt: "x",
    tools,
    stopWhen: stepCountIs(5),
    onError: () => {},
  });
  return result.toUIMessageStreamResponse({
    sendSources: true,
    messageMetadata: ({ part }) =>
      part.type === "finish" ? { usage: part.totalUsage, model: "mock" } : undefined,
  });
}

const written = {
  text: () => ran([...reasoning("r", "Hm."), ...text("t", "It is ", "6 – \"é\"\n"), finish("stop")]),
  "a tool of the server": () =>
    ran(
      [...text("t", "Let me see."), ...call("c1", "tide", '{"port": "Brest", "at": 1.0}'), finish("tool-calls")],
      [...text("t", "6.2 metres."), finish("stop")],
    ),
  "a tool that fails": () =>
    ran([...call("c1", "broken", '{"port":"Brest"}'), finish("tool-calls")], [...text("t", "No."), finish("stop")]),
  "a tool of the client": () =>
    ran([...call("c1", "ask", '{"port":"Brest"}'), ...call("c2", "ask", '{"port":"Vigo"}'), finish("tool-calls")]),
  "input that is invalid": () =>
    ran([...call("c1", "tide", '{"port": 3'), finish("tool-calls")], [...text("t", "Sorry."), finish("stop")]),
  "a limit": () => ran([...text("t", "It is"), finish("length")]),
  "an error": () => ran([...text("t", "It is"), { type: "error", error: new Error("overloaded") }, finish("error")]),
  "sources and files": () =>
    ran([
      ...text("t", "Low."),
      { type: "source", sourceType: "url", id: "s1", url: "https://example.org", title: "Tides" },
      { type: "file", mediaType: "image/png", data: { type: "data", data: "AAAA" } },
      finish("stop"),
    ]),
  "parts by hand": () =>
    createUIMessageStreamResponse({
      stream: createUIMessageStream({
        execute: ({ writer }) => {
          writer.write({ type: "data-weather", id: "w", data: { sun: true } });
          for (const part of text("1", "Hi ", "there")) writer.write(part);
        },
      }),
    }),
};

async function readUI(body) {
  const fetch = async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
  const transport = new DefaultChatTransport({ api: "http://localhost/chat", fetch });
  const stream = await transport.sendMessages({ trigger: "submit-message", chatId: "c", messages: [] });
  const errors = [];
  let message = null;
  for await (message of readUIMessageStream({ stream, onError: (error) => errors.push(error.message) }));
  return { message, errors };
}

for (const [name, write] of Object.entries(written)) {
  const body = await (await write()).text();
  console.log(JSON.stringify({ name, protocol: "vercel-ui", body, ...(await readUI(body)) }));
}

// AG-UI

const run = { threadId: "t", runId: "r" };
const START = { type: "RUN_STARTED", ...run };
const END = { type: "RUN_FINISHED", ...run };

function said(messageId, ...deltas) {
  const pieces = deltas.map((delta) => ({ type: "TEXT_MESSAGE_CONTENT", messageId, delta }));
  const start = { type: "TEXT_MESSAGE_START", messageId, role: "assistant" };
  return [start, ...pieces, { type: "TEXT_MESSAGE_END", messageId }];
}

function called(toolCallId, input) {
  const half = input.length >> 1;
  const deltas = [input.slice(0, half), input.slice(half)];
  return [
    { type: "TOOL_CALL_START", toolCallId, toolCallName: "tide", parentMessageId: "m1" },
    ...deltas.map((delta) => ({ type: "TOOL_CALL_ARGS", toolCallId, delta })),
    { type: "TOOL_CALL_END", toolCallId },
  ];
}

const result = { type: "TOOL_CALL_RESULT", messageId: "m2", toolCallId: "c1", content: "6.2", role: "tool" };
const runs = {
  text: [START, ...said("m1", "It is ", "6 – \"é\"\n"), END],
  "a tool of the agent": [START, ...said("m1", "So."), ...called("c1", '{"port": "Brest"}'), result, ...said("m3", "6.2"), END],
  "a tool of the client": [START, ...called("c1", '{"port": "Brest"}'), END],
  chunks: [
    START,
    { type: "REASONING_MESSAGE_CHUNK", messageId: "m0", delta: "Hm." },
    { type: "TEXT_MESSAGE_CHUNK", messageId: "m1", delta: "Let me" },
    { type: "TEXT_MESSAGE_CHUNK", delta: " see." },
    { type: "TOOL_CALL_CHUNK", toolCallId: "c1", toolCallName: "tide", parentMessageId: "m1", delta: '{"port":' },
    { type: "TOOL_CALL_CHUNK", delta: '"Brest"}' },
    { type: "STATE_SNAPSHOT", snapshot: { a: 1 } },
    END,
  ],
  "an error": [START, ...said("m1", "It is"), { type: "RUN_ERROR", message: "overloaded", code: "busy" }],
  cancelled: [START, ...said("m1", "It is"), { ...END, outcome: { type: "cancelled" } }],
};

async function readAGUI(body) {
  const errors = [];
  const fetch = async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
  const agent = new HttpAgent({ url: "http://localhost/run", threadId: "t", fetch });
  await agent.runAgent({ runId: "r" }, { onRunErrorEvent: ({ event }) => void errors.push(event.message) });
  return { message: agent.messages, errors };
}

const encoder = new EventEncoder();
for (const [name, events] of Object.entries(runs)) {
  const body = events.map((event) => encoder.encodeSSE(event)).join("");
  console.log(JSON.stringify({ name, protocol: "ag-ui", body, ...(await readAGUI(body)) }));
}
