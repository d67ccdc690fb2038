// The clients disconnect during an answer and reconnect, like a page that is reloaded.
//
// Standard input: JSON Lines {chat, run, again}, the addresses of an application. Standard output:
// a JSON Line {left, ui, agui}: the deltas before the reload, and the whole texts after it.

import { createInterface } from "node:readline";

import { HttpAgent } from "@ag-ui/client";
import { DefaultChatTransport, readUIMessageStream } from "ai";

async function reloadUI(api) {
  const transport = new DefaultChatTransport({ api });
  const leaving = new AbortController();
  const parts = [{ type: "text", text: "Hi" }];
  const chunks = await transport.sendMessages({
    trigger: "submit-message",
    chatId: "c1",
    messages: [{ id: "u", role: "user", parts }],
    abortSignal: leaving.signal,
  });
  let left = 0;
  try {
    for await (const chunk of chunks) {
      if (chunk.type === "text-delta" && (left += 1) === 2) leaving.abort();
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
  const again = await transport.reconnectToStream({ chatId: "c1" });
  let message = null;
  for await (const state of readUIMessageStream({ stream: again })) message = state;
  const nothing = await transport.reconnectToStream({ chatId: "another" });
  const texts = message.parts.filter((part) => part.type === "text").map((part) => part.text);
  return { left, ui: texts.join(""), nothing };
}

async function reloadAGUI(run, again) {
  const first = new HttpAgent({ url: run, threadId: "t" });
  let deltas = 0;
  await first
    .runAgent(
      { runId: "r" },
      { onTextMessageContentEvent: () => void ((deltas += 1) === 2 && first.abortRun()) },
    )
    .catch(() => {});
  const second = new HttpAgent({ url: again, threadId: "t" });
  await second.runAgent({ runId: "r" });
  return second.messages.map((message) => message.content).join("");
}

for await (const line of createInterface({ input: process.stdin })) {
  const { chat, run, again } = JSON.parse(line);
  const agui = await reloadAGUI(run, again);
  console.log(JSON.stringify({ ...(await reloadUI(chat)), agui }));
}
process.exit(0);
