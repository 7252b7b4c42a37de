import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
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
for (const { names, apart } of chosen) {
  const wanted = positionals.length === 0 ? names : names.filter((name) => positionals.includes(name));
  for (const together of apart === true ? wanted.map((name) => [name]) : [wanted]) {
    process.stderr.write(`running ${together.join(", ")} …\n`);
    for (const one of await runApart(together)) {
      measurements.push(one);
      process.stdout.write(
        `${one.name.padEnd(24)} ${format(one.value)} ${one.unit.padEnd(10)} ${one.yardstick}: ${format(one.yardstickValue)}  ratio ${one.ratio.toFixed(2)}\n`,
      );
    }
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measurements, undefined, 2)}\n`);

function format(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 }).padStart(12);
}

async function runApart(names: readonly string[]): Promise<readonly Measurement[]> {
  const child = fork(join(import.meta.dirname, "run-one.ts"), names);
  const measured: (readonly Measurement[])[] = [];
  child.on("message", (message) => void measured.push(message as readonly Measurement[]));
  const [code] = (await once(child, "exit")) as [number | null];
  const [found] = measured;
  if (code !== 0 || found === undefined) throw new Error(`the benchmark ${names.join(", ")} failed`);
  return found;
}
