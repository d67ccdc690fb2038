// Applies patches of streamparse (Python), plain or packed, to a JSON value, in place:
//   const applier = new PatchApplier();
//   socket.onmessage = ({ data }) => render(applier.apply(JSON.parse(data)));
// What does not fit throws an error with `code` and `path`, as does every later call.

const { isArray } = Array;
const isText = (value) => typeof value === "string";

function check(condition, path) {
  const code = path ? "patch_target" : "invalid_patch";
  if (!condition) throw Object.assign(new Error(code), { code, path });
}

function parsePointer(text) {
  check(isText(text) && /^(\/|$)/.test(text) && !/~(?![01])/.test(text));
  return text.split("/").slice(1).map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~"));
}

// A name, or an index up to the length.
function stepIn(holder, step) {
  if (!isArray(holder)) return Object(holder) === holder && isText(step) ? step : undefined;
  if (step === "-") return holder.length;
  return /^(0|[1-9]\d*)$/.test(step) && step <= holder.length ? +step : undefined;
}

export class PatchApplier {
  #root;
  #path = []; // of the last operation
  #failure;

  constructor(value = null) {
    this.#root = [value];
  }

  get value() {
    return this.#root[0];
  }

  apply(patch) {
    if (this.#failure) throw this.#failure;
    try {
      for (const each of isArray(patch) ? patch : [patch]) this.#do(...this.#read(each));
    } catch (error) {
      throw (this.#failure = error);
    }
    return this.value;
  }

  #read(operation) {
    if (isText(operation)) return ["append", this.#path, operation];
    if (isArray(operation)) {
      const where = operation.slice(0, -1);
      const appends = isArray(where[0]) && where.length === 1;
      const [shared, ...steps] = appends ? where[0] : where;
      check(Number.isInteger(shared) && shared >= 0 && shared <= this.#path.length);
      check(steps.every((step) => isText(step) || Number.isInteger(step)));
      const path = [...this.#path.slice(0, shared), ...steps];
      return [appends ? "append" : "add", path, operation.at(-1)];
    }
    const { op, path, value } = Object(operation);
    check(["add", "replace", "append"].includes(op) && value !== undefined);
    return [op, parsePointer(path), value];
  }

  #do(op, path, value) {
    let holder = this.#root;
    let step = 0;
    const look = () => check(Object.hasOwn(holder, step), path);
    this.#path = path.map((next) => {
      look();
      holder = holder[step];
      step = stepIn(holder, next);
      check(step !== undefined, path);
      return step;
    });
    if (op !== "add") look();
    if (op === "append") {
      check(isText(value));
      check(isText(holder[step]), path);
      value = holder[step] + value;
    } else if (op === "add" && isArray(holder) && path.length) holder.splice(step, 0, 0);
    // Assigning to "__proto__" would set the prototype.
    Object.defineProperty(holder, step, { value, writable: true, enumerable: true, configurable: true });
  }
}
