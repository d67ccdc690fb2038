// A JSON value as a form that fills in. What is off the open path is complete and never looked at
// again, so showing a value costs what is new in it.

const WORDS = { open: "open", complete: "complete", rejected: "rejected", cut: "cut off" };

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function setMark(mark, state) {
  if (mark.dataset.mark === state) return;
  mark.dataset.mark = state;
  mark.title = WORDS[state];
  mark.firstChild.textContent = WORDS[state];
}

export function makeMark(state) {
  const mark = element("span", { class: "mark" }, element("span", { class: "unseen" }));
  setMark(mark, state);
  return mark;
}

export class ValueView {
  constructor() {
    this.element = element("div", { class: "value" });
    this.root = null;
    this.counted = 0; // fields that are complete
  }

  // `open`: the open path; null when all of the value is complete.
  show(value, open) {
    this.root ??= this.#place(this.element, null);
    this.#grow(this.root, value, open, 0);
  }

  // Nothing more comes: what is open stays so for good. `path`: the place of the error, if any.
  end(state, path = null) {
    let node = this.root;
    for (const step of path ?? []) node = node?.children?.get(step) ?? node;
    for (const each of this.#open(this.root)) {
      setMark(each.mark, "cut");
      each.shown.classList.remove("growing");
    }
    if (!node || state !== "rejected") return;
    setMark(node.mark, "rejected");
    if (!node.children) node.shown.textContent ||= "(refused at its first character)";
  }

  *#open(node) {
    if (!node || node.complete) return;
    yield node;
    for (const child of node.children?.values() ?? []) yield* this.#open(child);
  }

  #place(holder, name) {
    const node = { complete: false, shown: element("div", { class: "shown" }), children: null };
    node.mark = makeMark("open");
    const head = name === null ? [] : [element("span", { class: "name" }, String(name))];
    node.element = element("div", { class: "field" }, ...head, node.shown, node.mark);
    holder.append(node.element);
    return node;
  }

  #grow(node, value, open, depth) {
    if (node.complete) return;
    if (value !== null && typeof value === "object") this.#growInside(node, value, open, depth);
    else this.#showScalar(node, value, open !== null);
    if (open === null) {
      node.complete = true;
      if (!node.children) this.counted += 1;
      setMark(node.mark, "complete");
    }
  }

  #growInside(node, value, open, depth) {
    if (!node.children) {
      node.children = new Map();
      node.element.classList.add("holder");
      node.shown.className = Array.isArray(value) ? "inside list" : "inside";
    }
    for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
      let child = node.children.get(key);
      if (child?.complete) continue;
      if (!child) node.children.set(key, (child = this.#place(node.shown, key)));
      this.#grow(child, value[key], open?.[depth] === key ? open : null, depth + 1);
    }
    if (open === null && !node.children.size) node.shown.textContent = Array.isArray(value) ? "[]" : "{}";
  }

  #showScalar(node, value, open) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const kind = value === null ? "null" : /\n[ \t]/.test(text) ? "code" : typeof value;
    node.shown.className = `shown ${kind}${open ? " growing" : ""}`;
    if (node.shown.textContent !== text) node.shown.textContent = text;
  }
}
