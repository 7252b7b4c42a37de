import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PartitionEngine } from "@o2mc/data-plane/process/partition/engine.ts";
import { numberColumn, textColumn } from "@o2mc/schema/events/columns/column.ts";
import { encodeEventFrame, readEventFrame } from "@o2mc/schema/events/event-frame.ts";
import type { Step } from "@o2mc/schema/pipeline/definition.ts";
import { measurement, type Benchmark } from "./measurement.ts";
import { shopDeployment } from "./shop-deployment.ts";

const SESSIONS = 1_000_000;
const FRAME = 500;
/** issue 5: beside a session's sticky fields */
const BAR = 300;

const SESSIONIZE: readonly Step[] = [
  { sessionize: { gapSeconds: 1800, sticky: [] } },
  { emit: { output: "sessions" } },
];
/** keeps nothing, so that what is left is the sessions': the engine keeps the ids of known events in any case */
const NOTHING: readonly Step[] = [
  { filter: { where: `event["$type"] == ""` } },
  { emit: { output: "none", fields: ["$id"] } },
];

/** Memory that the process has in use after a million live sessions of as many visitors, with their keys, index and deadlines. */
export const stateBytes: Benchmark = {
  names: ["state.bytes"],
  apart: true,
  run: () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const [without, kept] = [NOTHING, SESSIONIZE].map((steps) => {
      collect();
      const before = inUse();
      const engine = fill(steps);
      collect();
      const bytes = inUse() - before;
      if (steps === SESSIONIZE && engine.open !== SESSIONS) throw new Error(`${engine.open} sessions are open`);
      return bytes;
    });
    const each = ((kept ?? NaN) - (without ?? NaN)) / SESSIONS;
    return Promise.resolve([measurement("state.bytes", each, "bytes", "the bar for a session", BAR)]);
  },
};

function inUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function fill(steps: readonly Step[]): PartitionEngine {
  const deployment = shopDeployment(steps);
  const engine = new PartitionEngine({
    partition: 0,
    geoip: () => undefined,
    recheck: () => undefined,
    count: () => undefined,
  });
  const [lane] = deployment.lanes;
  if (lane === undefined) throw new Error("no lane");
  engine.deploy(deployment, lane);
  for (let at = 0; at < SESSIONS; at += FRAME) {
    const numbers = Array.from({ length: FRAME }, (_, i) => at + i);
    const frame = encodeEventFrame(
      { revision: 1, policy: 1, at: Date.UTC(2026, 0, 1) },
      FRAME,
      {
        $id: textColumn(numbers.map((n) => `e${n}`)),
        $type: textColumn(numbers.map(() => "view")),
        // within a quarter of an hour, so that all are live at once
        $time: numberColumn(numbers.map((n) => Date.UTC(2026, 0, 1) + n)),
        $source: textColumn(numbers.map(() => "shop")),
        "#key": textColumn(numbers.map((n) => `subject-${n}`.padEnd(22, "x"))),
      },
      [],
    );
    engine.frame(at / FRAME + 1, readEventFrame(frame));
  }
  return engine;
}
