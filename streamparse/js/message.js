// Reads the records that `sse_response` of streamparse (Python) sends, and keeps the messages:
//   const reader = new MessageReader();
//   source.onmessage = ({ data }) => {
//     for (const event of reader.read(JSON.parse(data))) if (event.type === "stream_ended") source.close();
//     show(reader.message);
//   };
import { PatchApplier } from "./streamparse.js";

const TEXTS = { text_delta: "text", reasoning_delta: "reasoning", refusal_delta: "refusal" };
const ENDS = { tool_call_completed: "complete", tool_call_rejected: "rejected", tool_call_truncated: "truncated" };

export class MessageReader {
  messages = []; // by choice
  #last = {};
  #appliers = new Map();

  // The first choice; in progress from the start.
  get message() {
    return this.#messageAt(0);
  }

  // Takes a record or an array of records. Returns them as whole events: with `type` and `choice`,
  // and with the call itself as `call`.
  read(records) {
    return [records].flat().map((record) => this.#read(record));
  }

  #read(record) {
    this.#last = record.type === undefined ? { ...this.#last, ...record } : record;
    const event = { choice: 0, ...this.#last };
    const { type, choice, call: index, ...fields } = event;
    const message = this.#messageAt(choice);
    const call = Number.isInteger(index) ? this.#callAt(message, index) : undefined;
    if (type in TEXTS) message[TEXTS[type]] += event.text;
    else if (type === "output") message.output = this.#apply(`${choice}`, event.patch);
    else if (type === "output_rejected") message.outputError = event.error;
    else if (/^(message|usage)_/.test(type)) Object.assign(message, fields);
    else if (type === "arguments") call.arguments = this.#apply(`${choice} ${index}`, event.patch);
    else if (type === "tool_call_delta") call.arguments = (call.arguments ?? "") + event.text;
    else if (type === "tool_call_started") Object.assign(call, fields);
    else if (type in ENDS) Object.assign(call, fields, { status: ENDS[type] });
    return call ? { ...event, call } : event;
  }

  #messageAt(choice) {
    const empty = { status: "in_progress", text: "", reasoning: "", refusal: "", calls: [] };
    return (this.messages[choice] ??= empty);
  }

  #callAt(message, index) {
    return (message.calls[index] ??= { index, status: "in_progress" });
  }

  #apply(key, patch) {
    if (!this.#appliers.has(key)) this.#appliers.set(key, new PatchApplier());
    return this.#appliers.get(key).apply(patch);
  }
}
