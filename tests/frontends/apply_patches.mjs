// Applies patches for test_patches.py: node apply_patches.mjs MODULE. Reads lines of JSON
// ({start, patches}), and writes a line of JSON for each ({value, code}).
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

// A data URL is a module for Node, whatever the name of the file.
const source = readFileSync(process.argv[2]).toString("base64");
const { PatchApplier } = await import(`data:text/javascript;base64,${source}`);

for await (const line of createInterface({ input: process.stdin })) {
  const { start, patches } = JSON.parse(line);
  const applier = new PatchApplier(start);
  let code = null;
  try {
    for (const patch of patches) applier.apply(patch);
  } catch (error) {
    code = error.code ?? String(error);
  }
  const polluted = Object.keys(Object.prototype).length > 0;
  process.stdout.write(`${JSON.stringify({ value: applier.value, code, polluted })}\n`);
}
