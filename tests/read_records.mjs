// Reads compact records for tests/frontends/test_compact.py: node read_records.mjs FOLDER. A line of
// JSON in (a list of what arrives together) gives a line of JSON out ({messages, types}).
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { MessageReader } = await import(pathToFileURL(`${process.argv[2]}/message.js`));

for await (const line of createInterface({ input: process.stdin })) {
  const reader = new MessageReader();
  const types = JSON.parse(line).flatMap((records) => reader.read(records).map((event) => event.type));
  process.stdout.write(`${JSON.stringify({ messages: reader.messages, types })}\n`);
}
