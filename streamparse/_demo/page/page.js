import { fromEventSource, MessageReader } from "./js/index.js";
import { element, makeMark, setMark, ValueView } from "./values.js";

const SPEEDS = [20, 60, 150, 400, 1200, 5000, 0]; // characters a second; 0: at once
const PIECES = [1, 4, 16, 64, 256, 2048, 1048576]; // bytes
const $ = (id) => document.getElementById(id);
const bytesOf = (text) => new TextEncoder().encode(text).length;
const size = (bytes) => (bytes < 10000 ? `${bytes.toLocaleString("en")} B` : `${(bytes / 1000).toFixed(1)} kB`);

// What is shown of one stream

class Answer {
  reader = new MessageReader();
  #choices = new Map();
  #heard = new Map(); // the elements with the user's transcript, by item
  isSession = false;
  isStructured = false;
  #sizes = new Map(); // bytes of each part, as JSON
  whole = 0; // bytes, had all of it been sent with each piece of news
  firstToken = null;
  firstField = null;

  constructor(holder) {
    this.holder = holder;
    holder.replaceChildren();
  }

  // `bytes`: those of the record around the events.
  take(events, bytes) {
    for (const each of events) {
      if (each.type === "recording") Object.assign(this, { isSession: each.session, isStructured: each.structured });
      else if (each.type.startsWith("input_")) this.#hear(each);
      else if (this[each.type]) this[each.type](this.#choice(each.choice), each);
    }
    for (const part of this.#sizes.values()) bytes += part;
    this.whole += bytes;
  }

  #choice(index) {
    let choice = this.#choices.get(index);
    if (!choice) {
      choice = { index, holder: element("div", { class: "choice" }), calls: new Map(), last: null };
      if (index) choice.holder.append(element("h2", {}, `Answer ${index + 1}`));
      this.holder.append(choice.holder);
      this.#choices.set(index, choice);
    }
    return choice;
  }

  #grow(choice, kind, text) {
    if (choice.last?.kind !== kind) {
      choice.last = { kind, ...BLOCKS[kind](choice) };
      if (!choice.last.element.isConnected) choice.holder.append(choice.last.element);
    }
    choice.last.text.append(text);
    choice.last.grew?.(choice.last.text.textContent.length);
    const key = `${choice.index} ${kind}`;
    this.#sizes.set(key, (this.#sizes.get(key) ?? 20) + bytesOf(text));
    this.firstToken ??= performance.now();
  }

  // Shows the transcript of the user. The last record of an item has the whole transcript.
  #hear({ type, item, text }) {
    let said = this.#heard.get(item);
    if (!said) {
      said = element("div", { class: "text" });
      const head = element("header", {}, element("h3", {}, "The user"), element("span", { class: "kind" }, "transcript"));
      this.holder.append(element("article", { class: "card heard", "aria-label": "The user" }, head, said));
      this.#heard.set(item, said);
    }
    if (type === "input_completed") said.textContent = text;
    else said.append(text);
    this.#sizes.set(said, bytesOf(said.textContent) + 20);
  }

  #titleSession(choice) {
    const mark = makeMark("open");
    const word = element("span", { class: "word" }, "open");
    if (!choice.index) choice.holder.prepend(element("h2", {}, "Answer 1"));
    const title = choice.holder.querySelector("h2");
    title.classList.add("turn");
    title.append(word, mark);
    choice.turn = { name: title.firstChild.textContent, element: title, mark, word, state: "open", view: { end() {} } };
  }

  audio_delta(choice, { size: bytes }) {
    choice.sound = (choice.sound ?? 0) + bytes;
    choice.last?.speak?.(choice.sound);
  }

  message_started(choice, { model }) {
    if (this.isSession) this.#titleSession(choice);
    if (model) choice.holder.append(element("p", { class: "model" }, model));
    if (this.isStructured) choice.output = this.#card(choice, "Structured output", "form");
  }

  text_delta(choice, { text }) {
    // Of a structured output the text is shown as the form it makes.
    if (choice.output) this.#grow(choice, "raw", text);
    else this.#grow(choice, "text", text);
  }

  reasoning_delta(choice, { text }) {
    this.#grow(choice, "reasoning", text);
  }

  refusal_delta(choice, { text }) {
    this.#grow(choice, "refusal", text);
  }

  tool_call_started(choice, { call }) {
    choice.calls.set(call.index, this.#card(choice, call.name || "?", "tool call"));
    this.firstToken ??= performance.now();
  }

  tool_call_completed(choice, { call }) {
    this.#end(choice.calls.get(call.index), "complete");
  }

  tool_call_truncated(choice, { call }) {
    this.#end(choice.calls.get(call.index), "cut");
  }

  tool_call_rejected(choice, { call, error }) {
    this.#end(choice.calls.get(call.index), "rejected", error);
  }

  output_rejected(choice, { error }) {
    this.#end(choice.output, "rejected", error);
  }

  arguments(choice, { call, open }) {
    this.#show(choice.calls.get(call.index), call.partial, open);
  }

  output(choice, { open }) {
    this.#show(choice.output, this.reader.messages[choice.index].partial_output, open);
    if (open === null) this.#end(choice.output, "complete");
  }

  #show(card, value, open) {
    card.view.show(value, open);
    if (card.view.counted) this.firstField ??= performance.now();
    this.#sizes.set(card, bytesOf(JSON.stringify(value)) + 20);
  }

  message_finished(choice, { status, finish_reason }) {
    if (choice.output && !choice.output.view.root && choice.output.state === "open") {
      choice.output.element.remove(); // an answer that only calls tools
      choice.output = null;
    }
    if (choice.output) this.#end(choice.output, "cut");
    choice.status = { status, reason: finish_reason };
    this.#end(choice.turn, { complete: "complete", failed: "rejected" }[status] ?? "cut");
    if (choice.turn && finish_reason === "cancelled") choice.turn.word.textContent = "interrupted";
  }

  message_failed(choice, { error }) {
    this.message_finished(choice, { status: "failed" });
    choice.holder.append(element("p", { class: "error" }, `The provider: ${error?.message ?? "failed"}`));
  }

  #card(choice, name, kind) {
    const mark = makeMark("open");
    const word = element("span", { class: "word" }, "open");
    const view = new ValueView();
    const heading = element("h3", {}, name);
    const head = element("header", {}, heading, element("span", { class: "kind" }, kind), word, mark);
    const card = { name, mark, word, view, state: "open" };
    card.element = element("article", { class: "card", "aria-label": `${kind} ${name}` }, head, view.element);
    card.element.dataset.state = "open";
    choice.holder.append(card.element);
    choice.last = null;
    return card;
  }

  #end(card, state, error = null) {
    if (!card || card.state !== "open") return;
    card.state = state;
    card.element.dataset.state = state;
    setMark(card.mark, state);
    card.word.textContent = { complete: "complete", cut: "cut off", rejected: "rejected" }[state];
    if (state !== "complete") card.view.end(state, error?.path);
    if (error) card.element.append(element("p", { class: "error" }, error.message));
    announce(`${card.name}: ${card.word.textContent}${error ? `. ${error.message}` : ""}`);
  }

  // Nothing more comes of what is open.
  stop() {
    for (const card of this.#cards()) this.#end(card, "cut");
    for (const { turn } of this.#choices.values()) this.#end(turn, "cut");
  }

  summary() {
    const said = [...this.#choices.values()].map(({ status }) => {
      if (!status) return "no end";
      return status.reason ? `${status.status}, finish reason ${status.reason}` : status.status;
    });
    const rejected = this.#cards().filter(({ state }) => state === "rejected").map(({ name }) => name);
    const refused = rejected.length ? `; rejected: ${rejected.join(", ")}` : "";
    return (said.join("; ") || "nothing in it") + refused;
  }

  get isGood() {
    const all = [...this.#choices.values()];
    // Interrupting is normal in a conversation.
    if (this.isSession) return all.every(({ status }) => status?.status === "complete" || status?.reason === "cancelled");
    const whole = all.length > 0 && all.every(({ status }) => status?.status === "complete");
    return whole && this.#cards().every(({ state }) => state === "complete");
  }

  #cards() {
    return [...this.#choices.values()].flatMap(({ calls, output }) => [...calls.values(), ...(output ? [output] : [])]);
  }
}

function folded(name) {
  const count = element("span", { class: "count" });
  const text = element("div", { class: "text" });
  const summary = element("summary", {}, `${name} `, count);
  const grew = (characters) => (count.textContent = `${characters.toLocaleString("en")} characters`);
  return { element: element("details", { class: "folded" }, summary, text), text, grew };
}

const BLOCKS = {
  text: () => {
    // Shown as it was sent: the Markdown of a model is not rendered.
    const text = element("div", { class: "text" });
    const name = element("h3", {}, "Text");
    const kind = element("span", { class: "kind" }, "as it was sent, Markdown and all");
    const card = element("article", { class: "card", "aria-label": "Text" }, element("header", {}, name, kind), text);
    const speak = (bytes) => {
      name.textContent = card.ariaLabel = "Spoken";
      kind.textContent = `transcript, ${size(bytes)} of sound`;
    };
    return { element: card, text, speak };
  },
  reasoning: () => folded("Reasoning"),
  raw: (choice) => (choice.raw ??= folded("The text it is made of")),
  refusal: () => {
    const text = element("div", { class: "text error" });
    return { element: text, text };
  },
};

// The connection

const session = { state: "idle", answer: null, last: "", abort: null, received: 0, from: 0, resumed: 0 };

function setState(state, words) {
  session.state = state;
  const busy = state === "playing" || state === "cut";
  $("bar").dataset.state = state;
  $("answer").setAttribute("aria-busy", String(state === "playing"));
  $("play").textContent = busy ? "Play again" : "Play";
  $("cut").textContent = state === "cut" ? "Resume" : "Disconnect";
  $("cut").disabled = $("stop").disabled = !busy;
  announce(words);
}

// In the one live region: what a reader should hear, not every letter.
function announce(words) {
  $("status").textContent = words;
}

async function connect(url, options) {
  const abort = (session.abort = new AbortController());
  const request = { method: "POST", signal: abort.signal, reader: session.answer.reader, ...options };
  try {
    for await (const record of fromEventSource(url, request)) if (session.abort === abort) take(record);
  } catch (error) {
    if (session.abort !== abort || session.state !== "playing") return;
    if (error.response) setState("failed", await error.response.text());
    else if (session.last) setState("cut", "The connection was lost. The answer goes on at “Resume”.");
    else setState("failed", "The connection was lost.");
  }
}

function take({ id, data = "", events }) {
  const frame = bytesOf(`id: ${id}\ndata: \n\n`);
  session.received += frame + bytesOf(data);
  session.last = id;
  session.answer.take(events, frame);
  const last = events.find(({ type }) => type.startsWith("stream_"));
  if (last) end(last);
  showFigures();
}

function end({ type, error }) {
  if (type === "stream_failed") {
    session.answer.stop();
    setState("failed", `Failed: ${error.message}`);
  } else if (type === "stream_stopped") {
    session.answer.stop();
    setState("stopped", "The answer was given up: nobody came back for it in time.");
  } else {
    const resumed = session.resumed ? `, resumed ${session.resumed === 1 ? "once" : `${session.resumed} times`}` : "";
    setState(session.answer.isGood ? "done" : "failed", `Ended: ${session.answer.summary()}${resumed}.`);
  }
}

function play() {
  session.abort?.abort();
  if (session.state === "playing" || session.state === "cut") tellStop();
  const file = $("file").files[0];
  const query = new URLSearchParams({ speed: SPEEDS[$("speed").value], chunk: PIECES[$("chunk").value] });
  if (!file) query.set("sample", $("sample").value);
  else if ($("structured").checked) query.set("output", "json");
  Object.assign(session, { answer: new Answer($("answer")), last: "", received: 0, resumed: 0, from: performance.now() });
  showFigures();
  setState("playing", "Playing.");
  if ($("bar").getBoundingClientRect().top > innerHeight / 2) $("bar").scrollIntoView();
  connect(`play?${query}`, { body: file ?? null });
}

function cutOrResume() {
  if (session.state === "playing") {
    session.abort.abort();
    setState("cut", "Disconnected. The answer waits for a minute.");
  } else if (session.state === "cut" && !session.last) {
    play(); // nothing had come that could be resumed
  } else if (session.state === "cut") {
    session.resumed += 1;
    setState("playing", "Resumed: nothing was lost.");
    connect("play", { lastEventId: session.last });
  }
}

function stop() {
  session.abort.abort();
  tellStop();
  session.answer.stop();
  setState("stopped", "Stopped: the request was cancelled; what has arrived stays.");
}

function tellStop() {
  fetch(`stop?${new URLSearchParams({ id: session.last })}`, { method: "POST", keepalive: true }).catch(() => {});
}

function showFigures() {
  const { answer, received, from } = session;
  const after = (time) => (time === null ? "–" : `${Math.round(time - from).toLocaleString("en")} ms`);
  $("first-token").textContent = after(answer.firstToken);
  $("first-field").textContent = after(answer.firstField);
  $("received").textContent = received ? size(received) : "–";
  $("whole").textContent = answer.whole ? size(answer.whole) : "–";
  const saved = answer.whole > received ? 100 * (1 - received / answer.whole) : null;
  $("saved").textContent = saved === null ? "–" : `${saved.toFixed(saved > 99 ? 1 : 0)} %`;
}

// The controls

function showSettings() {
  const speed = SPEEDS[$("speed").value];
  const pieces = PIECES[$("chunk").value];
  const words = speed ? `${speed.toLocaleString("en")} characters a second` : "at once";
  const short = speed ? `${speed.toLocaleString("en")} characters/s` : words;
  const bytes = pieces > 1e6 ? "all in one" : pieces === 1 ? "byte by byte" : `${pieces.toLocaleString("en")} bytes`;
  $("speed-shown").textContent = short;
  $("chunk-shown").textContent = bytes;
  $("speed").setAttribute("aria-valuetext", words);
  $("chunk").setAttribute("aria-valuetext", bytes);
}

function setUpDrop() {
  const zone = document.body;
  const over = (on) => {
    $("drop").classList.toggle("over", on);
    if (on) $("drop").open = true;
  };
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  zone.addEventListener("dragleave", () => over(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!event.dataTransfer.files.length) return;
    $("file").files = event.dataTransfer.files;
    showAbout();
    play();
  });
}

let samples = [];
const OWN_CODE = (name, structured) => `from pathlib import Path

from streamparse import stream

with stream(Path(${JSON.stringify(name)})${structured ? ", output=object" : ""}) as answer:
    for ${structured ? "value in answer.partials()" : "events in answer.batches()"}:
        print(${structured ? "value" : "events"})`;

function showAbout() {
  const file = $("file").files[0];
  $("snippet").textContent = file ? OWN_CODE(file.name, $("structured").checked) : (samples[$("sample").value]?.code ?? "");
  $("about").textContent = file ? `Plays ${file.name} instead.` : (samples[$("sample").value]?.about ?? "");
}

async function setUp() {
  setUpDrop();
  showSettings();
  $("speed").addEventListener("input", showSettings);
  $("chunk").addEventListener("input", showSettings);
  $("file").addEventListener("change", showAbout);
  $("structured").addEventListener("change", showAbout);
  $("sample").addEventListener("change", () => {
    $("file").value = ""; // who chooses a sample wants that
    showAbout();
  });
  $("cut").addEventListener("click", cutOrResume);
  $("stop").addEventListener("click", stop);
  $("controls").addEventListener("submit", (event) => {
    event.preventDefault();
    play();
  });
  samples = await (await fetch("samples")).json();
  $("sample").append(...samples.map(({ title }, index) => element("option", { value: index }, title)));
  showAbout();
}

setUp();
