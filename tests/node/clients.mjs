// The clients of both protocols read what streamparse says, by the ways an application uses them.
//
// Standard input: JSON Lines {name, ui, agui, expected: {ui, agui}}, where `ui` and `agui` are
// whole bodies of responses (null: not to be read) and `expected` is what must come of them.
// Standard output: JSON Lines {name, protocol, expected, actual} for each difference, and
// {read: {ui, agui}} at the end. With `raw: true` in a row, {name, protocol, raw} has the messages
// and the rest of the client's state as they are.

import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";

import { HttpAgent } from "@ag-ui/client";
import { DefaultChatTransport, readUIMessageStream } from "ai";

const warnings = [];
console.warn = (...words) => warnings.push(words.join(" "));

function response(body) {
  const headers = { "content-type": "text/event-stream" };
  return async () => new Response(body, { headers });
}

// Without what is undefined, which JSON cannot say.
function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function inOrder(kinds) {
  return kinds.filter((kind, place) => kind !== kinds[place - 1]);
}

// By name and call; others of one name stay in their order.
function byName(pairs) {
  const keyed = pairs.map((pair) => [`${pair[0]} ${pair[1].toolCallId ?? ""}`, pair]);
  return keyed.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, pair]) => pair);
}

// The Vercel AI SDK: the transport and the reader that `useChat` uses.

async function readUI(body, raw) {
  const errors = [];
  const finished = [];
  const transport = new DefaultChatTransport({ api: "http://localhost/chat", fetch: response(body) });
  const chunks = await transport.sendMessages({
    trigger: "submit-message",
    chatId: "chat",
    messages: [],
  });
  const heard = chunks.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        if (chunk.type === "finish") finished.push(chunk.finishReason);
        controller.enqueue(chunk);
      },
    }),
  );
  let message = { parts: [] };
  const onError = (error) => errors.push(error.message);
  for await (const state of readUIMessageStream({ stream: heard, onError })) message = state;
  if (raw) return { messages: [message], errors, finished };
  return { ...shownUI(message), errors, finished };
}

function shownUI(message) {
  const shown = { text: "", reasoning: "", refusal: "", order: [], calls: [], sources: [] };
  const open = [];
  const signed = [];
  for (const part of message.parts) {
    const kind = part.providerMetadata?.streamparse?.refusal ? "refusal" : part.type;
    if (part.state === "streaming" || part.state === "input-streaming") open.push(part);
    const { streamparse: _, ...about } = part.providerMetadata ?? part.callProviderMetadata ?? {};
    if (!kind.startsWith("source-") && Object.keys(about).length > 0) {
      signed.push([kind, kind === "reasoning" ? part.text : "", about]);
    }
    if (kind in shown && typeof shown[kind] === "string") {
      shown[kind] += part.text;
      if (part.text) shown.order.push(kind);
    } else if (kind === "file") {
      shown.order.push(`file ${part.url}`);
    } else if (kind.startsWith("source-")) {
      const { url, title, filename, mediaType } = part;
      shown.sources.push(given({ url, title, filename, mediaType }));
    } else if (kind.startsWith("tool-")) {
      const { toolCallId: id, state, output, errorText } = part;
      // Where the text of a call that is not complete is kept has changed between versions.
      const input = part.input === undefined ? part.rawInput : part.input;
      const server = part.providerExecuted ?? false;
      const name = kind.slice("tool-".length);
      shown.calls.push(given({ id, name, server, state, input, output, errorText }));
      shown.order.push(`call ${id}`);
    }
  }
  const { id, metadata } = message;
  return { id, ...shown, order: inOrder(shown.order), metadata: metadata ?? null, signed, open: open.length };
}

// AG-UI: an agent behind HTTP, with all that its client checks.

async function readAGUI(body, raw) {
  const complete = {};
  const custom = [];
  let end = null;
  const agent = new HttpAgent({ url: "http://localhost/run", threadId: "t", fetch: response(body) });
  await agent.runAgent(
    { runId: "r" },
    {
      onToolCallEndEvent: ({ event, toolCallArgs }) => void (complete[event.toolCallId] = toolCallArgs),
      onCustomEvent: ({ event }) => void custom.push([event.name, event.value]),
      onRunErrorEvent: ({ event }) =>
        void (end = given({ error: event.message, code: event.code, usage: event.usage })),
      onRunFinishedEvent: ({ event, outcome, pendingToolCallIds }) =>
        void (end = given({
          outcome,
          pending: pendingToolCallIds,
          usage: event.usage,
          reason: event.metadata?.finishReason,
        })),
    },
  );
  if (raw) {
    const { messages, state, pendingInterrupts: interrupts } = agent;
    return { messages, state, interrupts, custom, end };
  }
  return { ...shownAGUI(agent.messages, complete), custom: byName(custom), end };
}

function shownAGUI(messages, complete) {
  const shown = { text: "", reasoning: "", refusal: "", order: [], calls: [], results: [], signed: [] };
  for (const message of messages) {
    if (message.role === "tool") {
      shown.results.push([message.toolCallId, message.content]);
      continue;
    }
    if (message.encryptedValue !== undefined) {
      const text = message.role === "reasoning" ? (message.content ?? "") : "";
      shown.signed.push([message.role, text, message.encryptedValue]);
    }
    const kind =
      message.role === "reasoning" ? "reasoning" : message.metadata?.refusal ? "refusal" : "text";
    if (message.content) {
      shown[kind] += message.content;
      shown.order.push(kind);
    }
    for (const call of message.toolCalls ?? []) {
      const { id, encryptedValue } = call;
      if (encryptedValue !== undefined) shown.signed.push(["call", "", encryptedValue]);
      shown.calls.push(given({ id, name: call.function.name, input: complete[id] }));
      shown.order.push(`call ${id}`);
    }
  }
  return { ...shown, results: byName(shown.results), order: inOrder(shown.order) };
}

const readers = { ui: readUI, agui: readAGUI };
const read = { ui: 0, agui: 0 };

for await (const line of createInterface({ input: process.stdin })) {
  const row = JSON.parse(line);
  for (const [protocol, reader] of Object.entries(readers)) {
    if (row[protocol] === null) continue;
    let actual;
    try {
      actual = await reader(row[protocol], row.raw);
    } catch (error) {
      actual = { thrown: String(error) };
    }
    if (warnings.length > 0) actual = { ...actual, warnings: warnings.splice(0) };
    read[protocol] += 1;
    if (row.raw) {
      console.log(JSON.stringify({ name: row.name, protocol, raw: actual }));
      continue;
    }
    const expected = row.expected[protocol];
    if (!isDeepStrictEqual(actual, expected)) {
      console.log(JSON.stringify({ name: row.name, protocol, expected, actual }));
    }
  }
}
console.log(JSON.stringify({ read }));
