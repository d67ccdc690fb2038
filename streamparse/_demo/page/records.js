// Server-sent events by `fetch`: an `EventSource` cannot be cut and resumed by hand.

// Calls `take(record)` for each { id, data, bytes }; returns at the end of the response.
// Rejects where the connection breaks or the response is none.
export async function readRecords(url, options, take) {
  const response = await fetch(url, options);
  if (!response.ok) throw Object.assign(new Error(await response.text()), { refused: true });
  if (response.status === 204) return;
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const records = text.split("\n\n");
    text = records.pop();
    for (const record of records) take(parsed(record));
  }
}

function parsed(text) {
  const record = { id: "", data: null, bytes: new TextEncoder().encode(text).length + 2 };
  for (const line of text.split("\n")) {
    if (line.startsWith("id: ")) record.id = line.slice(4);
    if (line.startsWith("data: ")) record.data = JSON.parse(line.slice(6));
  }
  return record;
}
