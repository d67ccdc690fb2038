// Reads compact records for tests/frontends/test_compact.py: node read_records.mjs FOLDER. A line of
// JSON in (a list of lists of records that arrive together) gives a line of JSON out: the messages
// after each of these lists, and the types of all events.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { MessageReader } = await import(pathToFileURL(`${process.argv[2]}/index.js`));

for await (const line of createInterface({ input: process.stdin })) {
  const reader = new MessageReader();
  const types = [];
  const states = JSON.parse(line).map((records) => {
    types.push(...reader.read(records).map((event) => event?.type));
    return structuredClone(reader.messages);
  });
  process.stdout.write(`${JSON.stringify({ states, types })}\n`);
}
