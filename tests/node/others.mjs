// Other clients of both protocols: assistant-ui reads the UI message stream, TanStack AI reads AG-UI.
//
// Standard input: JSON Lines {name, ui, agui, data, expected: {assistant, stream, tanstack}}, where
// `ui`, `agui` and `data` (a data stream) are whole bodies of responses. Standard output: JSON Lines {name, client, expected, actual}
// for each difference, and {read} at the end. With `raw: true` in a row, {raw} is the message that
// assistant-ui has of `data`.

import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";

import { ChatClient, fetchServerSentEvents } from "@tanstack/ai-client";
import { AssistantMessageAccumulator, DataStreamDecoder, UIMessageStreamDecoder } from "assistant-stream";

console.warn = () => {};
console.error = () => {};

// Without what is undefined, which JSON cannot say.
function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

// The value of JSON text; null where it is cut.
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// assistant-ui: the decoder and the accumulator of its runtime (`useDataStreamRuntime`).

const assistant = ({ ui }) => decoded(ui, new UIMessageStreamDecoder(), true);
const stream = ({ data }) => decoded(data, new DataStreamDecoder(), false);

// The text of a call that failed is that of the model only in the UI message stream.
async function decoded(body, decoder, hasText, raw = false) {
  const messages = new Response(body).body
    .pipeThrough(decoder)
    .pipeThrough(new AssistantMessageAccumulator());
  let message = { parts: [] };
  for await (const state of messages) message = state;
  if (raw) return message;
  const shown = { text: "", reasoning: "", calls: [], sources: [], files: [] };
  for (const part of message.parts) {
    if (part.type === "text" || part.type === "reasoning") shown[part.type] += part.text;
    else if (part.type === "source") shown.sources.push(given({ url: part.url, title: part.title }));
    else if (part.type === "file") shown.files.push(part.data);
    else if (part.type === "tool-call") {
      const { toolCallId: id, toolName: name, args, argsText, result, isError } = part;
      const failed = isError || undefined;
      shown.calls.push(given({ id, name, input: failed ? (hasText ? argsText : null) : args, result, failed }));
    }
  }
  return shown;
}

// TanStack AI: its chat client with a connection of server-sent events.

async function tanstack({ agui }) {
  const headers = { "content-type": "text/event-stream" };
  let error;
  const connection = fetchServerSentEvents("http://localhost/run", {
    fetchClient: async () => new Response(agui, { headers }),
  });
  const client = new ChatClient({ connection, onError: (failure) => (error = failure.message) });
  await client.sendMessage("Hi");
  const shown = { text: "", reasoning: "", calls: [] };
  const results = {};
  for (const message of client.getMessages().slice(1)) {
    for (const part of message.parts) {
      if (part.type === "text") shown.text += part.content;
      else if (part.type === "thinking") shown.reasoning += part.content;
      else if (part.type === "tool-result") results[part.toolCallId] = part.content;
      else if (part.type === "tool-call") {
        const { id, name, arguments: text } = part;
        shown.calls.push({ id, name, input: parsed(text) });
      }
    }
  }
  client.stop();
  return given({ ...shown, results, error });
}

const clients = { assistant, stream, tanstack };
let read = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const row = JSON.parse(line);
  if (row.raw) {
    console.log(JSON.stringify({ raw: await decoded(row.data, new DataStreamDecoder(), false, true) }));
    continue;
  }
  for (const [name, client] of Object.entries(clients)) {
    if (row.expected[name] === null) continue;
    let actual;
    try {
      actual = JSON.parse(JSON.stringify(await client(row)));
    } catch (error) {
      actual = { thrown: String(error) };
    }
    read += 1;
    const expected = row.expected[name];
    if (!isDeepStrictEqual(actual, expected)) {
      console.log(JSON.stringify({ name: row.name, client: name, expected, actual }));
    }
  }
}
console.log(JSON.stringify({ read }));
process.exit(0);
