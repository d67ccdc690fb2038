// Does for libraries of Node.js what worker.py does: a job on each line, an answer on each line.
//
//   node worker.mjs LIBRARY
//
// The libraries are imported from the folder of this file.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const library = process.argv[2];

const PACKAGES = {
  vercel: ["ai", "@ai-sdk/openai-compatible", "@ai-sdk/openai", "@ai-sdk/anthropic"],
  jsonrepair: ["jsonrepair"],
  "partial-json": ["partial-json"],
  jsonriver: ["jsonriver"],
};

const READERS = { vercel, jsonrepair, "partial-json": partialJson, jsonriver };

const TOOLS = {
  find_ferry: {
    from: { type: "string" },
    to: { type: "string" },
    seats: { type: "integer" },
    note: { type: "string" },
    id: { type: "integer" },
  },
  add_note: { title: { type: "string" }, done: { type: "boolean" } },
  refresh: {},
};

const TRIP = {
  type: "object",
  properties: {
    title: { type: "string" },
    budget: { type: "number" },
    days: {
      type: "array",
      items: {
        type: "object",
        properties: { port: { type: "string" }, hours: { type: "integer" } },
        required: ["port", "hours"],
      },
    },
    by: { enum: ["ferry", "bus"] },
  },
  required: ["title", "budget", "days", "by"],
};

const ENDS = {
  stop: "complete",
  "tool-calls": "complete",
  length: "truncated",
  "content-filter": "filtered",
  error: "failed",
};

function version(name) {
  const path = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")).version;
}

// A `fetch` that answers with these pieces. With `taken`, which counts them, a piece comes after some
// time, so that the reader has shown what it found in those before.
function fetchOf(pieces, taken) {
  return async () => {
    const queue = pieces.map((piece) => Buffer.from(piece, "latin1"));
    const body = new ReadableStream(
      {
        async pull(controller) {
          if (taken) await new Promise((done) => setTimeout(done, 5));
          if (queue.length === 0) return controller.close();
          if (taken) taken();
          controller.enqueue(new Uint8Array(queue.shift()));
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status: 200, headers: { "content-type": "text/event-stream" } });
  };
}

async function vercel() {
  const { streamText, tool, jsonSchema, Output, parsePartialJson } = await import("ai");
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const { createOpenAI } = await import("@ai-sdk/openai");
  const { createAnthropic } = await import("@ai-sdk/anthropic");
  const tools = {};
  for (const [name, properties] of Object.entries(TOOLS)) {
    const inputSchema = jsonSchema({ type: "object", properties, additionalProperties: true });
    tools[name] = tool({ description: name, inputSchema });
  }
  const chat = (fetch, more = {}) =>
    createOpenAICompatible({ name: "some", apiKey: "none", baseURL: "http://some/v1", fetch, ...more })(
      "some-model",
    );

  async function read(model, more = {}) {
    const found = { text: "", reasoning: "", refusal: "", calls: [], end: "unknown", reason: null };
    const result = streamText({ model, prompt: "go", tools: { ...tools, ...more }, maxRetries: 0, onError() {} });
    for await (const part of result.fullStream) {
      if (part.type === "text-delta") found.text += part.text;
      else if (part.type === "reasoning-delta") found.reasoning += part.text;
      else if (part.type === "tool-call" && !part.invalid) {
        found.calls.push({ name: part.toolName, arguments: part.input });
      } else if (part.type === "finish") {
        found.reason = part.finishReason;
        if (!found.raised) found.end = ENDS[part.finishReason] ?? "unknown";
      } else if (part.type === "error") {
        found.raised = firstLine(part.error);
        found.end = "failed";
      }
    }
    return found;
  }

  async function typed(job) {
    let taken = 0;
    let first = null;
    const shown = [];
    const model = chat(fetchOf(job.pieces, () => (taken += 1)), { supportsStructuredOutputs: true });
    const outcome = {};
    try {
      const failures = [];
      const result = streamText({
        model,
        prompt: "go",
        maxRetries: 0,
        output: Output.object({ schema: jsonSchema(TRIP, { validate: checkTrip }) }),
        onError: ({ error }) => failures.push(error),
      });
      for await (const partial of result.partialOutputStream) {
        const text = JSON.stringify(partial);
        if (shown.at(-1) !== text) shown.push(text);
        if (first === null && text !== "{}") first = taken;
      }
      if (failures.length > 0) throw failures[0];
      outcome.value = await result.output;
    } catch (error) {
      outcome.raised = firstLine(error);
    }
    return { ...outcome, taken, first, of: job.pieces.length, shown };
  }

  async function json(job) {
    let text = "";
    const shown = [];
    let last = { state: "undefined-input" };
    for (const piece of job.pieces) {
      text += piece;
      last = await parsePartialJson(text);
      if (last.value !== undefined) shown.push(JSON.stringify(last.value));
    }
    if (last.state === "failed-parse") throw new Error("state failed-parse");
    return measured(job, last.value, shown);
  }

  return {
    "openai-chat": (job) => read(chat(fetchOf(job.pieces))),
    "openai-responses"(job) {
      const openai = createOpenAI({ apiKey: "none", fetch: fetchOf(job.pieces) });
      return read(openai.responses("some-model"), { shell: openai.tools.customTool({}) });
    },
    "anthropic-messages": (job) =>
      read(createAnthropic({ apiKey: "none", fetch: fetchOf(job.pieces) })("claude-some-model")),
    typed,
    json,
  };
}

// What zod would check for this schema; jsonSchema() leaves the check to the caller.
function checkTrip(value) {
  const whole = Number.isInteger;
  const fits =
    typeof value?.title === "string" &&
    typeof value.budget === "number" &&
    Array.isArray(value.days) &&
    value.days.every((day) => typeof day?.port === "string" && whole(day.hours)) &&
    ["ferry", "bus"].includes(value.by);
  return fits ? { success: true, value } : { success: false, error: new Error("no trip") };
}

async function jsonrepair() {
  const { jsonrepair } = await import("jsonrepair");
  return {
    repair(job) {
      const text = job.pieces.join("");
      try {
        return { value: JSON.parse(text) };
      } catch {
        return { value: JSON.parse(jsonrepair(text)) };
      }
    },
  };
}

async function partialJson() {
  const { parse } = await import("partial-json");
  return {
    json(job) {
      let text = "";
      const shown = [];
      for (const piece of job.pieces) {
        text += piece;
        if (text.trim()) shown.push(JSON.stringify(parse(text)));
      }
      return measured(job, JSON.parse(text), shown);
    },
  };
}

async function jsonriver() {
  const { parse } = await import("jsonriver");
  return {
    async json(job) {
      const stream = ReadableStream.from(job.pieces);
      const shown = [];
      let value;
      for await (value of parse(stream)) {
        if (!job.measure) shown.push(JSON.stringify(value));
      }
      return measured(job, value, shown);
    },
  };
}

function measured(job, value, shown) {
  if (job.measure === "string") return { value: value.text.length };
  if (job.measure === "deep") {
    let levels = 0;
    for (; Array.isArray(value); value = value[0]) levels += 1;
    return { value: levels };
  }
  return { value, shown: shown.filter((text, at) => text !== shown[at - 1]) };
}

function firstLine(error) {
  return String(error).split("\n")[0].slice(0, 200);
}

function write(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

async function main() {
  let readers;
  try {
    readers = await READERS[library]();
  } catch (error) {
    write({ missing: firstLine(error) });
    return;
  }
  const versions = Object.fromEntries(PACKAGES[library].map((name) => [name, version(name)]));
  write({ versions, node: process.version });
  for await (const line of createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    try {
      write({ id: job.id, ...(await readers[job.task](job)) });
    } catch (error) {
      write({ id: job.id, raised: firstLine(error) });
    }
  }
}

// What a library leaves unhandled is a fault of that library, and ends this process.
await main();
