import { PatchApplier } from "./streamparse.js";
export { PatchApplier };

const status = "in_progress";
const isEnd = (event) => /^stream_/.test(event?.type);

export class MessageReader {
	messages = []; // by choice
	#last;
	#appliers = {};

	get message() {
		return this.#messageAt(0);
	}

	read(records) {
		return [records].flat().map((record) => this.#read(record));
	}

	#read(record) {
		if (Object(record) !== record) return record;
		const continues = !record.type && (record.patch ?? record.text) !== undefined;
		this.#last = continues ? { ...this.#last, ...record } : record;
		const event = { choice: 0, ...this.#last };
		if (!isEnd(event)) this.#fold(event, this.#messageAt(event.choice));
		else for (const each of this.messages.flatMap((message) => [message, ...message.tool_calls])) {
			if (each.status === status) each.status = "truncated";
		}
		return event;
	}

	#messageAt(choice) {
		return (this.messages[choice] ??= { status, text: "", reasoning: "", refusal: "", content: [], tool_calls: [] });
	}

	#fold(event, message) {
		const { type, choice, call: index, text = "", patch, result, error, content, open, ...fields } = event;
		const [, kind, change] = /^(text|reasoning|refusal|tool_call|arguments|message|usage)_?(.*)/.exec(type) ?? [];
		const { content: parts, tool_calls: calls } = message;
		const last = parts.at(-1);
		const value = patch && (this.#appliers[[choice, index]] ??= new PatchApplier()).apply(patch);
		if (kind === "tool_call" || kind === "arguments") {
			for (let at = calls.length; at <= index; at++) {
				parts.push((calls[at] = { type: "tool_call", index: at, status, errors: [] }));
			}
			const call = (event.call = Object.assign(calls[index], fields));
			if (patch) call.partial = value;
			if (call.kind === "custom") call.partial = (call.partial ?? "") + text;
			if (change === "completed") Object.assign(call, { status: "complete", arguments: call.partial });
			if (/rejected|truncated/.test(change)) call.status = change;
			if (error) call.errors.push(error);
		} else if (change === "delta") {
			message[kind] += text;
			if (last?.type === kind) last.text += text;
			else parts.push({ type: kind, text });
		} else if (kind) Object.assign(message, fields, text && { text }, error && { error });
		else if (type === "output") message.partial_output = value;
		else if (type === "output_rejected") message.output_error = error;
		else if (type === "server_tool_completed") parts.push(result);
		else if (type === "file") parts.push({ type, ...fields });
		if (fields.output) message.output = message.partial_output;
		// An item is a part, the index of a part that is there, or a piece of a text.
		if (content) message.content = content.map((item) => {
			const [type, start, end] = [item].flat();
			return end ? { type, text: message[type].slice(start, end) } : parts[item] ?? item;
		});
	}
}

export async function* fromEventSource(url, { reader = new MessageReader(), lastEventId: id, attempts = 5, stop, ...init } = {}) {
	const { signal } = init;
	let delay = 1000;
	let failures = 0;
	let ended, final; // `final`: another attempt is of no use
	const take = (data) => {
		final = true;
		const events = data ? reader.read(JSON.parse(data)) : [];
		ended = events.find(isEnd) ?? (id === "end" && {});
		return { id, data, events, message: reader.message };
	};
	try {
		for (;;) {
			try {
				const headers = new Headers(init.headers);
				if (id) headers.set("last-event-id", id);
				const response = await fetch(url, { ...init, headers });
				const { status, body } = response;
				if (status !== 204 && !/^text.event-stream/.test(response.headers.get("content-type"))) {
					final = status < 500 && ![408, 425, 429].includes(status);
					throw Object.assign(new Error(`HTTP status ${status}`), { response });
				}
				if (body) for await (const fields of eventsIn(body)) {
					({ id = id, retry: delay = delay } = fields);
					failures = 0;
					yield take(fields.data);
					if (ended?.error) throw Object.assign(new Error(), ended.error);
					if (ended) return;
					final = !id; // what has arrived cannot be skipped
				}
				if (!body || !id) return yield take('{"type":"stream_ended"}');
				throw new Error("the connection broke");
			} catch (error) {
				if (final || signal?.aborted || failures++ >= attempts) throw error;
			}
			await new Promise((resolve) => {
				setTimeout(resolve, Math.min(delay * 2 ** failures, 16_000) * (0.25 + Math.random() / 4)); // at most 8 s
				signal?.addEventListener("abort", resolve);
			});
		}
	} finally {
		if (!ended && id) stop?.(id);
	}
}

async function* eventsIn(body) {
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	try {
		for (let text = "", next; !(next = await reader.read()).done; ) {
			const blocks = (text + next.value).replace(/\r\n|\r(?!$)/g, "\n").split("\n\n");
			text = blocks.pop();
			for (const block of blocks) {
				const fields = {};
				for (const line of block.split("\n")) {
					const [, name, value] = /^(\w*):? ?(.*)/s.exec(line);
					fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
				}
				if ((fields.data ?? fields.id) !== undefined) yield fields;
			}
		}
	} finally {
		reader.cancel().catch(() => {});
	}
}
