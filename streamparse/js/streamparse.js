const { isArray } = Array;
const { isInteger } = Number;
const isText = (value) => typeof value === "string";

function check(condition, path) {
	const code = path ? "patch_target" : "invalid_patch";
	if (!condition) throw Object.assign(new Error(code), { code, path });
}

function parsePointer(text) {
	check(isText(text) && /^(\/|$)(?!.*~(?![01]))/s.test(text));
	return text.split("/").slice(1).map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~"));
}

// A name, or an index up to the length
function stepIn(holder, step) {
	if (!isArray(holder)) return Object(holder) === holder && isText(step) ? step : undefined;
	if (step === "-") return holder.length;
	return /^(0|[1-9]\d*)$/.test(step) && step <= holder.length ? +step : undefined;
}

export class PatchApplier {
	#last = []; // the path of the last operation
	#failure;

	constructor(value = null) {
		this.value = value;
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

	#read(each) {
		const last = this.#last;
		if (isText(each)) return ["append", last, each];
		if (isArray(each)) {
			check(each.length);
			const next = [last.length - 1, isInteger(last.at(-1)) && last.at(-1) + 1];
			const where = each.length > 1 ? each.slice(0, -1) : next;
			const appends = isArray(where[0]) && where.length === 1;
			const [shared, ...steps] = appends ? where[0] : where;
			check(isInteger(shared) && shared >= 0 && shared <= last.length);
			check(steps.every((step) => isText(step) || isInteger(step)));
			return [appends ? "append" : "add", [...last.slice(0, shared), ...steps], each.at(-1)];
		}
		const { op, path, value } = Object(each);
		check(["add", "replace", "append"].includes(op) && value !== undefined);
		return [op, parsePointer(path), value];
	}

	#do(op, path, value) {
		let holder = this;
		let step = "value";
		const look = () => check(Object.hasOwn(holder, step), path);
		this.#last = path.map((next) => {
			look();
			holder = holder[step];
			step = stepIn(holder, next);
			check(step !== undefined, path);
			return step;
		});
		check(op !== "append" || isText(value));
		if (op !== "add") look();
		if (op === "append") {
			check(isText(holder[step]), path);
			value = holder[step] + value;
		} else if (op === "add" && isArray(holder)) holder.splice(step, 0, 0);
		// Assigning to __proto__ would set the prototype.
		Object.defineProperty(holder, step, { value, writable: true, enumerable: true, configurable: true });
	}
}
