/** Applies patches of `to_patches` and `PatchPacker` (Python) to a JSON value, in place. */
export class PatchApplier<T = unknown> {
	/** @param value The value to start with; null by default. */
	constructor(value?: T | null);
	/** The current value; null before the first operation. */
	value: T | null;
	/**
	 * Applies a list of operations, or one operation as an object.
	 * @returns The value, which is changed in place.
	 * @throws {PatchError} An operation is invalid or does not fit. Later calls throw the same error.
	 */
	apply(patch: readonly unknown[] | object): T;
}

/** What `PatchApplier.apply` throws. */
export interface PatchError extends Error {
	code: "invalid_patch" | "patch_target";
	/** The path of the operation, if it does not fit the value. */
	path?: (string | number)[];
}

/** An error of the provider, of a check or of the stream, as plain data. */
export interface StreamError {
	/** The name of the Python class. */
	type: string;
	code: string;
	message: string;
	offset?: number;
	path?: (string | number)[];
}

export type MessageStatus = "in_progress" | "complete" | "truncated" | "failed";
export type CallStatus = "in_progress" | "complete" | "truncated" | "rejected";
export type FinishReason =
	| "stop"
	| "length"
	| "tool_calls"
	| "content_filter"
	| "refusal"
	| "paused"
	| "error"
	| "cancelled"
	| "other";

/** Text, reasoning or a refusal; adjacent parts of the same type are one. */
export interface TextPart {
	type: "text" | "reasoning" | "refusal";
	text: string;
}

export interface ToolCall {
	type: "tool_call";
	/** The position in `Message.tool_calls`. */
	index: number;
	/** The id of the provider, once it is known. */
	id?: string;
	name?: string;
	/** JSON arguments, free text, or a tool that the provider runs. */
	kind?: "function" | "custom" | "server";
	status: CallStatus;
	/** The arguments so far; of a free-text call, its text. Do not run a call with these. */
	partial?: unknown;
	/** The arguments of a complete call; absent for any other call. */
	arguments?: unknown;
	/** Why the call was rejected. */
	error?: StreamError;
}

export interface ServerToolResult {
	type: "server_tool_result";
	call_id: string | null;
	name: string | null;
	content: unknown;
}

/** A generated file, such as an image. */
export interface FilePart {
	type: "file";
	/** A data URL if the answer contains the file. */
	url: string;
	media_type: string;
}

/** A source of the text before it. Citations arrive with the end of the answer. */
export interface Citation {
	type: "citation";
	/** The citation as the provider sent it. */
	data: unknown;
	sources: { url?: string; title?: string; filename?: string; media_type?: string }[];
}

export type Part = TextPart | ToolCall | ServerToolResult | FilePart | Citation;

export interface Usage {
	input_tokens?: number;
	cached_tokens?: number;
	cache_write_tokens?: number;
	output_tokens?: number;
	reasoning_tokens?: number;
	total_tokens?: number;
}

/** One answer so far, with the members of `Message.to_dict()` (Python). What is unknown is absent. */
export interface Message<Output = unknown> {
	id?: string;
	model?: string;
	status: MessageStatus;
	text: string;
	reasoning: string;
	refusal: string;
	/** The parts in the order in which they began. */
	content: Part[];
	/** The calls among the parts. */
	tool_calls: ToolCall[];
	/** The structured output so far. */
	partial_output?: unknown;
	/** The structured output once it is complete. */
	output?: Output;
	/** Why the text is not the requested output. */
	output_error?: StreamError;
	usage?: Usage;
	finish_reason?: FinishReason;
	raw_finish_reason?: string;
	/** The error of the provider. */
	error?: StreamError;
}

type Of<Type extends string, Fields = object> = { type: Type; choice: number } & Fields;
/** The path of the value that still grows, or null; only with `open_paths=True`. */
type Growing = { patch: unknown[]; open?: (string | number)[] | null };

/** What happened to a message. */
export type MessageEvent =
	| Of<"message_started", { id?: string; model?: string }>
	| Of<"text_delta" | "reasoning_delta" | "refusal_delta", { text: string }>
	| Of<"tool_call_started", { call: ToolCall }>
	| Of<"arguments", { call: ToolCall } & Growing>
	| Of<"tool_call_completed" | "tool_call_truncated", { call: ToolCall }>
	| Of<"tool_call_rejected", { call: ToolCall; error: StreamError }>
	| Of<"server_tool_completed", { result: ServerToolResult }>
	| Of<"file", { part: FilePart }>
	| Of<"output", Growing>
	| Of<"output_rejected", { error: StreamError }>
	| Of<"usage_updated", { usage: Usage }>
	| Of<"audio_delta", { item?: string; size: number; data: string }>
	| Of<"input_delta" | "input_completed", { item?: string; text: string }>
	| Of<"provider_event", { name: string; data: unknown }>
	| Of<"message_finished", { status: MessageStatus }>
	| Of<"message_failed", { status: MessageStatus; error: StreamError }>
	| Of<"stream_ended" | "stream_stopped">
	| Of<"stream_failed", { error: StreamError }>;

/**
 * Folds the records of `sse_response` (Python) into messages, which grow in place.
 *
 * `Own` are the records that the application sends besides; give each a `type` of its own.
 */
export class MessageReader<Own = never, Output = unknown> {
	/** The messages by choice; in a session, one for each answer. */
	messages: Message<Output>[];
	/** The first message. */
	readonly message: Message<Output>;
	/** Takes a record or a list of records, and returns them as events. */
	read(records: unknown): (MessageEvent | Own)[];
}

export interface SourceOptions<Own = never, Output = unknown> extends Omit<RequestInit, "headers"> {
	headers?: Record<string, string>;
	/** Keeps the messages. Pass the same reader to go on after `lastEventId`. */
	reader?: MessageReader<Own, Output>;
	/** The id of the last record that was read, to resume a stream. */
	lastEventId?: string;
	/** How often to reconnect without receiving anything; 5 by default. */
	attempts?: number;
	/**
	 * Called with the id of the last record if reading ends before the stream does: by `break`, by the
	 * `signal`, or by an error. Tell the server to stop the stream, see `stop_stream` (Python).
	 */
	stop?: (id: string) => void;
}

/** What one record brought. */
export interface Update<Own = never, Output = unknown> {
	/** The id of the record, if the server sends ids. */
	id?: string;
	/** The record as received. */
	data?: string;
	events: (MessageEvent | Own)[];
	/** The first message, which grows in place. */
	message: Message<Output>;
}

/** What `fromEventSource` throws if the server refuses the request. */
export interface ResponseError extends Error {
	response: Response;
}

/**
 * Requests a stream and reads it to its end. If the connection breaks, it sends the same request
 * again with `Last-Event-ID`, after a delay that doubles up to 8 seconds.
 *
 * @param url The address of an endpoint that returns `sse_response` (Python).
 * @param options Those of `fetch` (`method`, `body`, `headers`, `signal`, …), and `SourceOptions`.
 *   The body must be one that can be sent twice, so not a stream.
 * @throws {ResponseError} The server refused the request.
 * @throws {StreamError & Error} The source of the stream failed (`stream_failed`).
 * @throws The error of `fetch`, after all attempts, or the reason of the `signal`.
 */
export function fromEventSource<Own = never, Output = unknown>(
	url: string | URL,
	options?: SourceOptions<Own, Output>,
): AsyncGenerator<Update<Own, Output>, void, undefined>;
