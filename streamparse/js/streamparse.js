const { isArray } = Array;
const { isInteger } = Number;
const isText = (value) => typeof value === "string";

function check(condition, path) {
	const code = path ? "patch_target" : "invalid_patch";
	if (!condition) throw Object.assign(Error(code), { code, path });
}

export class PatchApplier {
	#last = [];
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
		if (!isArray(each)) {
			const { op, path, value } = Object(each);
			check(["add", "replace", "append"].includes(op) && value !== undefined);
			check(isText(path) && /^(\/|$)(?!.*~(?![01]))/s.test(path));
			return [op, path.split("/").slice(1).map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~")), value];
		}
		const value = each.at(-1);
		const next = [last.length - 1, isInteger(last.at(-1)) && last.at(-1) + 1];
		const appends = isArray(each[0]) && each.length === 2;
		const [shared, ...steps] = appends ? each[0] : each[1] === undefined ? next : each.slice(0, -1);
		check(each.length && isInteger(shared) && shared >= 0 && shared <= last.length);
		check(steps.every((step) => isText(step) || isInteger(step)));
		return [appends ? "append" : "add", [...last.slice(0, shared), ...steps], value];
	}

	#do(op, path, value) {
		let holder = this;
		let step = "value";
		const look = () => check(Object.hasOwn(holder, step), path);
		this.#last = path.map((next) => {
			look();
			holder = holder[step];
			const isIndex = next === "-" || (/^(0|[1-9]\d*)$/.test(next) && next <= holder.length);
			check(isArray(holder) ? isIndex : Object(holder) === holder && isText(next), path);
			return (step = isArray(holder) ? (next === "-" ? holder.length : +next) : next);
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
