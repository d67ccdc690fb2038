// Applies what streamparse.patches sends, plain or packed, to a JSON value.
//
//   const applier = new PatchApplier();
//   socket.onmessage = (message) => render(applier.apply(JSON.parse(message.data)));
//
// The value is changed in place, and takes over the values of the operations. A patch that does
// not fit throws a PatchError, whose `code` is that of the Python library; start anew after it.

export class PatchError extends Error {
  constructor(code, message, path = []) {
    super(message);
    this.name = "PatchError";
    this.code = code;
    this.path = path;
  }
}

const invalid = (message) => new PatchError("invalid_patch", `not a patch operation: ${message}`);
const has = (holder, step) => Object.prototype.hasOwnProperty.call(holder, step);

function put(holder, step, value) {
  if (step !== "__proto__") holder[step] = value;
  else Object.defineProperty(holder, step, { value, writable: true, enumerable: true, configurable: true });
}

function parsePointer(pointer) {
  if (typeof pointer !== "string" || (pointer && pointer[0] !== "/") || /~(?![01])/.test(pointer))
    throw invalid("the path is no JSON pointer");
  return pointer.split("/").slice(1).map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~"));
}

export class PatchApplier {
  #steps = [0]; // the path of the last operation, below an array that holds the root
  #holders; // the containers in which the steps are taken

  constructor(value = null) {
    this.#holders = [[value]];
  }

  get value() {
    return this.#holders[0][0];
  }

  apply(patch) {
    for (const operation of Array.isArray(patch) ? patch : [patch]) this.#apply(operation);
    return this.value;
  }

  #apply(operation) {
    if (typeof operation === "string") return this.#append(operation);
    if (Array.isArray(operation) && operation.length > 1) {
      const where = operation.slice(0, -1);
      const value = operation[operation.length - 1];
      if (!Array.isArray(where[0])) return this.#go(...this.#packed(where)), this.#add(value);
      return this.#go(...this.#packed(where.length > 1 ? [] : where[0])), this.#append(value);
    }
    const { op, path, value } = Object(operation);
    if (!["add", "replace", "append"].includes(op)) throw invalid("unknown");
    if (value === undefined) throw invalid("no value");
    this.#go(0, parsePointer(path));
    if (op === "append") this.#append(value);
    else if (op === "add") this.#add(value);
    else this.#look(), put(this.#holder, this.#step, value);
  }

  get #holder() {
    return this.#holders[this.#holders.length - 1];
  }

  get #step() {
    return this.#steps[this.#steps.length - 1];
  }

  #packed([shared, ...steps]) {
    const isStep = (step) => typeof step === "string" || Number.isInteger(step);
    if (!(Number.isInteger(shared) && shared >= 0 && shared < this.#steps.length) || !steps.every(isStep))
      throw invalid("no path");
    return [shared, steps];
  }

  #go(shared, steps) {
    this.#steps.length = this.#holders.length = shared + 1;
    for (const step of steps) {
      const holder = this.#look();
      this.#steps.push(this.#stepIn(holder, step));
      this.#holders.push(holder);
    }
  }

  #stepIn(holder, step) {
    if (Array.isArray(holder)) {
      const index = step === "-" ? holder.length : /^(0|[1-9]\d*)$/.test(step) ? Number(step) : -1;
      if (index >= 0 && index <= holder.length) return index;
    } else if (holder && typeof holder === "object" && typeof step === "string") return step;
    throw this.#misfit([...this.#steps.slice(1), step]);
  }

  #look() {
    if (!has(this.#holder, this.#step)) throw this.#misfit(this.#steps.slice(1));
    return this.#holder[this.#step];
  }

  #misfit(path) {
    return new PatchError("patch_target", `no place for the operation: /${path.join("/")}`, path);
  }

  #add(value) {
    if (Array.isArray(this.#holder) && this.#steps.length > 1) this.#holder.splice(this.#step, 0, value);
    else put(this.#holder, this.#step, value);
  }

  #append(text) {
    if (typeof text !== "string") throw invalid("only text is appended");
    if (typeof this.#look() !== "string") throw this.#misfit(this.#steps.slice(1));
    this.#holder[this.#step] += text;
  }
}
