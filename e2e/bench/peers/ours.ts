import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { gateEvents } from "@o2mc/data-plane/edge/gate-events.ts";
import { OpenFrames } from "@o2mc/data-plane/edge/open-frames.ts";
import { compilePlan, type SourcePlan } from "@o2mc/data-plane/edge/plan.ts";
import { readEvents } from "@o2mc/data-plane/edge/read-events.ts";
import { PartitionEngine } from "@o2mc/data-plane/process/partition/engine.ts";
import type { Effects } from "@o2mc/data-plane/process/partition/effects.ts";
import { createRecheck } from "@o2mc/data-plane/process/worker/recheck.ts";
import { readEventFrame } from "@o2mc/schema/events/event-frame.ts";
import { decodeResultFrame } from "@o2mc/schema/events/result-frame.ts";
import { deploymentOf } from "./pipelines.ts";

/**
 * `ours.ts P|S IN OUT [rows]`: raw bytes to result messages in one thread. Edge with consent gate, frames, recheck, process;
 * only the hub between them is left out. `OUT` takes the result messages as they would be published, length first, or with `rows`
 * the same rows as the peers write them, to be compared.
 */
const [, , which = "P", from = "", to = "", asRows] = process.argv;
const deployment = deploymentOf(which === "S" ? "S" : "P");
const [lane] = deployment.lanes;
if (lane === undefined) throw new Error("the deployment has no lane");
const plan = compilePlan(deployment);
const source = plan.sources.get("shop") as SourcePlan;

const engine = new PartitionEngine({
  partition: 0,
  geoip: () => undefined,
  recheck: createRecheck({
    states: { get: () => undefined },
    deployment: () => deployment,
    lane: lane.id,
    now: Date.now,
  }),
  count: () => undefined,
});
engine.deploy(deployment, lane);

const out = openSync(to, "w");
const sessionsOut = which === "S" && asRows !== undefined ? openSync(`${to}.sessions`, "w") : undefined;
let sequence = 0;
const frames = new OpenFrames(plan, {
  opened: () => undefined,
  publish: (frame) => {
    write(engine.frame(++sequence, readEventFrame(frame.encode(Date.now()))));
  },
});

const input = openSync(from, "r");
const LINES = 500;
const buffer = Buffer.allocUnsafe(1 << 22);
const [OPEN, CLOSE, COMMA, NEWLINE] = [0x5b, 0x5d, 0x2c, 0x0a];
let held = 1;
for (;;) {
  const read = readSync(input, buffer, held, buffer.length - held - 1, null);
  const end = held + read;
  held = 1 + takeBatches(end);
  if (read === 0) break;
}
frames.cutAll();
for (let tick = Date.now(); engine.holdsRows; tick += 60_000) write(engine.tick(++sequence, { v: 1, tick }));
closeSync(out);

/** Hands over each 500 lines of buffer[1, end) as a request's body, in place; gives how many bytes are left at its start. */
function takeBatches(end: number): number {
  const filled = buffer.subarray(0, end);
  let start = 1;
  let newlines: number[] = [];
  for (let at = filled.indexOf(NEWLINE, start); at !== -1; at = filled.indexOf(NEWLINE, at + 1)) {
    newlines.push(at);
    if (newlines.length < LINES) continue;
    for (const newline of newlines) buffer[newline] = COMMA;
    take(start, at);
    start = at + 1;
    newlines = [];
  }
  buffer.copyWithin(1, start, end);
  return end - start;
}

function take(start: number, end: number): void {
  buffer[start - 1] = OPEN;
  buffer[end] = CLOSE;
  const { accepted } = gateEvents(
    source,
    readEvents(Buffer.from(buffer.subarray(start - 1, end + 1)), "json", {}, source),
    {
      now: Date.now(),
      ip: "",
      stored: () => undefined,
      enter: (into, row) => void frames.add(into, row),
    },
  );
  if (accepted !== LINES) throw new Error(`${accepted} of ${LINES} events passed the gate`);
}

function write({ results, dead }: Effects): void {
  if (dead.length > 0) throw new Error("a row became a dead letter");
  for (const { output, data } of results) {
    if (asRows === undefined) {
      writeSync(out, data);
      continue;
    }
    const { n, columns } = decodeResultFrame(data);
    const names = Object.keys(columns);
    const rows = Array.from({ length: n }, (_, i) =>
      Object.fromEntries(names.map((name) => [name, columns[name]?.[i]])),
    );
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    writeSync(output === "sessions" ? (sessionsOut ?? out) : out, text);
  }
}
