import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { fromEventSource, MessageReader } from "./index.js";

export function useMessage() {
	const [run, setRun] = useState({ status: "idle" });
	const current = useRef();
	const stop = useCallback(() => current.current?.abort(), []);
	const start = useCallback(async (url, { onEvent, ...options } = {}) => {
		stop();
		const { signal } = (current.current = new AbortController());
		const reader = new MessageReader();
		const show = (status, error) => {
			if (signal === current.current.signal) setRun({ reader, status, error });
		};
		show("streaming");
		try {
			for await (const { events } of fromEventSource(url, { ...options, reader, signal })) {
				events.forEach((event) => onEvent?.(event));
				show("streaming");
			}
			show("done");
		} catch (error) {
			show(...(signal.aborted ? ["stopped"] : ["error", error]));
		}
	}, []);
	useEffect(() => stop, []);
	// React compares by identity, and the reader changes its messages in place.
	const message = useMemo(() => structuredClone((run.reader ?? new MessageReader()).message), [run]);
	return { ...run, message, start, stop };
}
