const { isArray } = Array, { isInteger } = Number;
const isText = (value) => typeof value === "string";

function check(valid, path) {
	const code = path ? "patch_target" : "invalid_patch";
	if (!valid) throw Object.assign(Error(code), { code, path });
}

export class PatchApplier {
	#last = [];
	#error;

	constructor(value = null) {
		this.value = value;
	}

	apply(patch) {
		if (this.#error) throw this.#error;
		try {
			for (const each of [patch].flat()) this.#do(...this.#read(each));
		} catch (error) {
			throw (this.#error = error);
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
			return [op, path.split("/").slice(1).map((s) => s.replace(/~1/g, "/").replace(/~0/g, "~")), value];
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
		let node = this, step = "value";
		const look = () => check(Object.hasOwn(node, step), path);
		this.#last = path.map((next) => {
			look();
			node = node[step];
			const isIndex = next === "-" || /^(0|[1-9]\d*)$/.test(next) && next <= node.length;
			check(isArray(node) ? isIndex : Object(node) === node && isText(next), path);
			return (step = isArray(node) ? next === "-" ? node.length : +next : next);
		});
		check(op !== "append" || isText(value));
		if (op !== "add") look();
		if (op === "append") {
			check(isText(node[step]), path);
			value = node[step] + value;
		} else if (op === "add" && isArray(node)) node.splice(step, 0, 0);
		// `=` would set the prototype for __proto__.
		Object.defineProperty(node, step, { value, writable: true, enumerable: true, configurable: true });
	}
}
