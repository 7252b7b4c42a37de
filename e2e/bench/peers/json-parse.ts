import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** The yardstick: every line of a file parsed, nothing else. */
let parsed = 0;
for await (const line of createInterface({
  input: createReadStream(process.argv[2] ?? "", { highWaterMark: 1 << 20 }),
})) {
  if (JSON.parse(line) !== null) parsed++;
}
process.stdout.write(`${parsed}\n`);
