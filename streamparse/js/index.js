import { PatchApplier } from "./streamparse.js";
export { PatchApplier };

const status = "in_progress";
const fresh = () => ({ status, text: "", reasoning: "", refusal: "", content: [], tool_calls: [] });
const isEnd = (event) => /^stream_/.test(event?.type);

export class MessageReader {
	messages = [];
	#last;
	#values = {};

	get message() {
		return (this.messages[0] ??= fresh());
	}

	read(records) {
		return [records].flat().map((record) => {
			if (Object(record) !== record) return record;
			const isNew = record.type || (record.patch ?? record.text) === undefined;
			this.#last = isNew ? record : { ...this.#last, ...record };
			const event = { choice: 0, ...this.#last };
			if (!isEnd(event)) this.#fold(event);
			else for (const each of this.messages.flatMap((m) => [m, ...m.tool_calls])) {
				if (each.status === status) each.status = "truncated";
			}
			return event;
		});
	}

	#fold(event) {
		const { type, choice, call: index, patch, content, ...fields } = event;
		const [, kind, change] = /^(tool_call|[a-z]+)_?(.*)/.exec(type) ?? [];
		const message = (this.messages[choice] ??= fresh());
		const { content: parts, tool_calls: calls } = message;
		const value = patch && (this.#values[[choice, index]] ??= new PatchApplier()).apply(patch);
		if (kind === "tool_call" || type === "arguments") {
			if (!calls[index]) parts.push((calls[index] = { type: "tool_call", index, status }));
			const call = (event.call = Object.assign(calls[index], fields));
			if (patch) call.partial = value;
			if (change === "completed") Object.assign(call, { status: "complete", arguments: call.partial });
			else if (/rejected|truncated/.test(change)) call.status = change;
		} else if (kind in message && change === "delta") {
			message[kind] += fields.text;
			if (parts.at(-1)?.type === kind) parts.at(-1).text += fields.text;
			else parts.push({ type: kind, ...fields });
		} else if (type === "output") message.partial_output = value;
		else if (type === "output_rejected") message.output_error = fields.error;
		else if (/^(file|server_tool_completed)$/.test(type)) parts.push(fields.part ?? fields.result);
		else if (/message|usage/.test(kind)) {
			fields.output &&= message.partial_output;
			Object.assign(message, fields);
		}
		if (content) message.content = content.map((item) => {
			const [type, start, end] = [item].flat();
			return end ? { type, text: message[type].slice(start, end) } : parts[item] ?? item;
		});
	}
}

export async function* fromEventSource(url, { reader = new MessageReader(), lastEventId: id, attempts = 5, stop, ...init } = {}) {
	let delay = 1000, tries = 0, body, ended, final;
	const take = (data) => {
		final = true;
		const events = data ? reader.read(JSON.parse(data)) : [];
		ended = events.find(isEnd) ?? (id === "end" && {});
		return { id, data, events, message: reader.message };
	};
	try {
		for (;;) {
			try {
				const headers = { ...init.headers, ...(id && { "last-event-id": id }) };
				const response = await fetch(url, { ...init, headers });
				const { status } = response, type = response.headers.get("content-type");
				if (status !== 204 && !/^text.event-stream/.test(type)) {
					final = status < 500 && ![408, 425, 429].includes(status);
					throw Object.assign(Error(`HTTP status ${status}`), { response });
				}
				body = response.body?.pipeThrough(new TextDecoderStream()).getReader();
				for (let text = "", next; body && !(next = await body.read()).done; ) {
					const blocks = (text + next.value).replace(/\r\n|\r(?!$)/g, "\n").split("\n\n");
					text = blocks.pop();
					for (const { data, ...rest } of blocks.map(parse)) {
						if ((data ?? rest.id) === undefined) continue;
						({ id = id, retry: delay = delay } = rest);
						tries = 0;
						yield take(data);
						if (ended.error) throw Object.assign(Error(), ended.error);
						if (ended) return;
						final = !id;
					}
				}
				if (!body || !id) return yield take('{"type":"stream_ended"}');
				throw Error("connection lost");
			} catch (error) {
				if (final || init.signal?.aborted || tries++ >= attempts) throw error;
			}
			await new Promise((wake) => {
				setTimeout(wake, Math.min(delay * 2 ** tries, 16e3) * (1 + Math.random()) / 4);
				init.signal?.addEventListener("abort", wake);
			});
		}
	} finally {
		body?.cancel().catch(() => {});
		if (!ended && id) stop?.(id);
	}
}

function parse(block) {
	const fields = {};
	for (const line of block.split("\n")) {
		const [, name, value] = /^(\w*):? ?(.*)/s.exec(line);
		fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
	}
	return fields;
}
