import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../measurement.ts";
import type { Command, Run } from "./peer.ts";
import { OURS, PEERS, YARDSTICK } from "./peers.ts";
import { cpuSeconds } from "./run-command.ts";
import { digestOfRows } from "./same-rows.ts";
import { writeEvents } from "./write-events.ts";

/**
 * `npm run bench:peers [-- EVENTS]`: the same pipelines by others over the same file of raw events, whole processes on one core,
 * in events per second of CPU, what the first third takes (starting, compiling, filling caches) left out. First their rows are compared with ours.
 */
const EVENTS = Number(process.argv[2] ?? 600_000);
const ROUNDS = 3;
/** of batches of 500, in thirds */
const MULTIPLE = 1500;
const COLUMNS = {
  P: ["subject", "ip", "section", "total", "path", "title", "referrer", "sku"],
  S: ["subject", "session.start", "session.end", "session.events", "entry"],
} as const;
if (!Number.isInteger(EVENTS) || EVENTS < MULTIPLE || EVENTS % MULTIPLE !== 0) {
  throw new Error(`the number of events must be a multiple of ${MULTIPLE}`);
}

const folder = await mkdtemp(join(tmpdir(), "o2mc-peers-"));
const events = join(folder, "events");
const third = join(folder, "third");
const rows = join(folder, "rows");
try {
  process.stderr.write(`writing ${EVENTS.toLocaleString("en")} events …\n`);
  await writeEvents(events, EVENTS);
  await writeEvents(third, EVENTS / 3);
  const ready: { name: string; pipelines: readonly ("P" | "S")[]; run: Run }[] = [];
  for (const { name, pipelines, prepare } of PEERS) {
    process.stderr.write(`preparing ${name} …\n`);
    const run = await prepare();
    if (typeof run === "string") process.stdout.write(`${name}: left out, ${run}\n`);
    else ready.push({ name, pipelines, run });
  }
  for (const pipeline of ["P", "S"] as const) {
    const runners = ready.filter(({ pipelines }) => pipelines.includes(pipeline));
    await compareRows(pipeline, runners);
    const figures = new Map<string, number[]>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const { name, run } of runners) {
        process.stderr.write(`${pipeline}, round ${round + 1} of ${ROUNDS}: ${name} …\n`);
        const start = await fresh(run(pipeline, third, rows));
        const whole = await fresh(run(pipeline, events, rows));
        figures.set(name, [...(figures.get(name) ?? []), (EVENTS - EVENTS / 3) / (whole - start)]);
      }
    }
    print(pipeline, figures);
  }
} finally {
  await rm(folder, { recursive: true });
}

/** Some add to what they find. */
async function fresh(command: Command): Promise<number> {
  await Promise.all([rm(rows, { force: true }), rm(`${rows}.sessions`, { force: true })]);
  return await cpuSeconds(command);
}

/** Stops when somebody's rows differ from ours. */
async function compareRows(pipeline: "P" | "S", runners: readonly { name: string; run: Run }[]): Promise<void> {
  const result = pipeline === "P" ? rows : `${rows}.sessions`;
  const digests = new Map<string, string>();
  for (const { name, run } of runners) {
    const command = run(pipeline, events, rows);
    if (name === YARDSTICK) continue;
    await fresh(name === OURS ? { ...command, argv: [...command.argv, "rows"] } : command);
    digests.set(name, await digestOfRows(result, COLUMNS[pipeline]));
  }
  const [ours] = digests.values();
  for (const [name, digest] of digests) {
    process.stdout.write(`${pipeline}  ${name.padEnd(36)} ${digest}\n`);
    if (digest !== ours) throw new Error(`the rows of ${name} are not ours`);
  }
}

function print(pipeline: string, figures: ReadonlyMap<string, readonly number[]>): void {
  const ours = median(figures.values().next().value ?? []);
  for (const [name, rates] of figures) {
    const middle = median(rates);
    const [low, high] = [Math.min(...rates), Math.max(...rates)].map(thousands);
    process.stdout.write(
      `${pipeline}  ${name.padEnd(36)} ${thousands(middle).padStart(8)} thousand events per CPU second (${low} to ${high})  ours is ${(ours / middle).toFixed(2)} x\n`,
    );
  }
}

function thousands(rate: number): string {
  return (rate / 1000).toLocaleString("en", { maximumFractionDigits: 1 });
}
