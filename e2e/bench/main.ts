import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Measurement } from "./measurement.ts";
import { benchmarks } from "./benchmarks.ts";

/** `npm run bench [-- NAME… --json FILE]`: prints each figure with its yardstick from the same run. */
const { values, positionals } = parseArgs({ options: { json: { type: "string" } }, allowPositionals: true });
const known = benchmarks.flatMap((each) => each.names);
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No benchmark ${unknown.join(", ")}. There are: ${known.join(", ")}\n`);
  process.exit(1);
}
const chosen = benchmarks.filter(
  (each) => positionals.length === 0 || each.names.some((name) => positionals.includes(name)),
);
const measurements: Measurement[] = [];
for (const benchmark of chosen) {
  process.stderr.write(`running ${benchmark.names.join(", ")} …\n`);
  for (const one of await benchmark.run(new Set(positionals.length === 0 ? benchmark.names : positionals))) {
    measurements.push(one);
    process.stdout.write(
      `${one.name.padEnd(24)} ${format(one.value)} ${one.unit.padEnd(10)} ${one.yardstick}: ${format(one.yardstickValue)}  ratio ${one.ratio.toFixed(2)}\n`,
    );
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measurements, undefined, 2)}\n`);

function format(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 }).padStart(12);
}
