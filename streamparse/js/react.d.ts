import type { Message, MessageEvent, SourceOptions } from "./index.js";

export interface StartOptions<Own = never> extends Omit<SourceOptions<Own>, "reader" | "signal"> {
	/** Called with each event, in order. */
	onEvent?: (event: MessageEvent | Own) => void;
}

export interface MessageState<Own = never, Output = unknown> {
	/** The message so far; a new object after each change. */
	message: Message<Output>;
	/**
	 * The state of the connection. An answer that was cut or failed at the provider is `"done"`;
	 * `message.status` shows that.
	 */
	status: "idle" | "streaming" | "done" | "stopped" | "error";
	/** What `fromEventSource` has thrown, if the status is `"error"`. */
	error?: unknown;
	/** Requests an answer and shows it instead of the one before. It is the same function each time. */
	start: (url: string | URL, options?: StartOptions<Own>) => Promise<void>;
	/** Stops reading. */
	stop: () => void;
}

/** Reads one stream at a time. Reading stops when the component is removed. */
export function useMessage<Own = never, Output = unknown>(): MessageState<Own, Output>;
