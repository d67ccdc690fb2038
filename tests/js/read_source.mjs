// Reads streams for tests/js: node read_source.mjs FOLDER. A line of JSON in gives a line out:
//   {url, init, abort, leave}: the updates of `fromEventSource`, its error, and what `stop` got.
//     `abort` and `leave`: after so many updates, abort the signal, or break.
//   {chunks}: the same, for a response whose body arrives in these pieces (base64).
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { fromEventSource } = await import(pathToFileURL(`${process.argv[2]}/index.js`));
const { fetch } = globalThis;
const headers = { "content-type": "text/event-stream" };

function fetchFrom(chunks) {
  return async () => {
    const body = new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(Buffer.from(chunk, "base64"));
        controller.close();
      },
    });
    return new Response(body, { headers });
  };
}

async function read({ url = "http://x.example/", init = {}, chunks, abort, leave }) {
  const controller = new AbortController();
  const stopped = [];
  const answer = { updates: [], error: null, stopped };
  globalThis.fetch = chunks ? fetchFrom(chunks) : fetch;
  if (abort === 0) setTimeout(() => controller.abort(), 200);
  try {
    const options = { ...init, signal: controller.signal, stop: (id) => stopped.push(id) };
    for await (const update of fromEventSource(url, options)) {
      answer.updates.push(structuredClone(update));
      if (answer.updates.length === abort) controller.abort();
      if (answer.updates.length === leave) break;
    }
  } catch (error) {
    const { name, message, code, response } = error;
    answer.error = { name, message, code, status: response?.status };
  }
  return answer;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await read(JSON.parse(line)))}\n`);
}
