import { PartitionEngine } from "@o2mc/data-plane/process/partition/engine.ts";
import type { DeployedLane, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { FieldDeclaration } from "@o2mc/schema/consent/policy.ts";
import { columnOf, numberColumn, textColumn } from "@o2mc/schema/events/columns/column.ts";
import { encodeEventFrame, readEventFrame } from "@o2mc/schema/events/event-frame.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import { createRecheck } from "@o2mc/data-plane/process/worker/recheck.ts";
import type { Step } from "@o2mc/schema/pipeline/definition.ts";
import { pageView } from "./events.ts";
import { shopDeployment } from "./shop-deployment.ts";
import { measurement, median, perCpuSecond, type Benchmark, type Measurement } from "./measurement.ts";

const EVENTS = 200_000;
const FRAME = 500;
const ROUNDS = 5;
const VISITORS = 20_000;
const START = Date.UTC(2026, 0, 1);

const P: readonly Step[] = [
  { filter: { where: `event.product.price < 174.0` } },
  { anonymize: { field: "$subject", method: "hash" } },
  { anonymize: { field: "client.ip", method: "truncate" } },
  {
    map: {
      set: [
        { field: "section", expression: `pathSegment(event.page.path, 0)` },
        { field: "total", expression: `event.product.price * 3.0` },
      ],
    },
  },
  {
    emit: {
      output: "rows",
      fields: ["$subject", "client.ip", "section", "total", "page.path", "page.title", "page.referrer", "product.sku"],
    },
  },
];
const S: readonly Step[] = [
  ...P,
  { sessionize: { gapSeconds: 1800, sticky: [{ field: "page.path", keep: "first", as: "entry" }] } },
  { emit: { output: "sessions" } },
];

/** A pipeline of three windows: views by page a minute, by section over five minutes, and of each visitor or of all an hour. */
const windows = (i: number): readonly Step[] => [
  { filter: { where: `event.product.price < ${100 + 20 * i}.0` } },
  { map: { set: [{ field: "section", expression: `pathSegment(event.page.path, 0)` }] } },
  {
    branch: {
      steps: [
        {
          window: {
            sizeSeconds: 60,
            by: ["page.path"],
            aggregates: [
              { as: "views", kind: "count" },
              { as: "turnover", kind: "sum", field: "product.price" },
            ],
          },
        },
        { emit: { output: "pages" } },
      ],
    },
  },
  {
    branch: {
      steps: [
        {
          window: {
            kind: "sliding",
            sizeSeconds: 300,
            everySeconds: 60,
            by: ["section"],
            aggregates: [
              { as: "views", kind: "count" },
              { as: "mean", kind: "avg", field: "product.price" },
              { as: "most", kind: "max", field: "product.price" },
            ],
          },
        },
        { emit: { output: "sections" } },
      ],
    },
  },
  {
    window: {
      sizeSeconds: 3600,
      by: i % 2 === 0 ? ["$subject"] : [],
      aggregates: [
        { as: "views", kind: "count" },
        i % 2 === 0
          ? { as: "exit", kind: "last", field: "page.path" }
          : { as: "visitors", kind: "estimate", field: "$subject" },
      ],
    },
  },
  { emit: { output: "hours" } },
];
const W: readonly (readonly Step[])[] = [S, ...Array.from({ length: 10 }, (_, i) => windows(i))];

/**
 * Frames to result messages, decode, recheck and encode included, one thread, against JSON.parse of the bytes of the same events;
 * rounds in turn, one engine that goes on through them all, the first round not counted.
 */
export const processing: Benchmark = {
  names: ["process.P", "process.S", "process.W"],
  apart: true,
  run: (wanted) => {
    const results: Measurement[] = [];
    for (const [name, lines] of [
      ["process.P", [P]],
      ["process.S", [S]],
      ["process.W", W],
    ] as const) {
      if (wanted.has(name)) results.push(compare(name, lines));
    }
    return Promise.resolve(results);
  },
};

interface RawEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Of one round: visitors come at random, so that about one visit in ninety is the first of a new session. */
const eventsOf = (round: number): RawEvent[] =>
  Array.from({ length: EVENTS }, (_, k) => {
    const i = round * EVENTS + k;
    const visitor = (Math.imul(i, 2654435761) >>> 0) % VISITORS;
    return pageView(i, `visitor-${visitor}`, START + i * 20, "bench") as RawEvent;
  });

function compare(name: string, lines: readonly (readonly Step[])[]): Measurement {
  const deployment = shopDeployment(...lines);
  const lane = deployment.lanes[0] as DeployedLane;
  const engine = startEngine(deployment, lane);
  const ours: number[] = [];
  const parse: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const events = eventsOf(round);
    const raw = events.map((event) => Buffer.from(JSON.stringify(event)));
    const frames: Uint8Array[] = [];
    for (let at = 0; at < events.length; at += FRAME) {
      frames.push(frameOf(events.slice(at, at + FRAME), lane.fields));
    }
    const fast = perCpuSecond(EVENTS, () => engine.run(frames));
    const yardstick = perCpuSecond(EVENTS, () => {
      for (const bytes of raw) JSON.parse(bytes.toString());
    });
    if (round === 0) continue;
    ours.push(fast);
    parse.push(yardstick);
  }
  if (engine.rows() < (EVENTS * ROUNDS) / 4) throw new Error(`only ${engine.rows()} rows came of it`);
  return measurement(name, median(ours), "events/s", "JSON.parse of the raw events", median(parse));
}

function startEngine(deployment: Deployment, lane: DeployedLane) {
  const consent = new Map<string, ConsentState>();
  let rows = 0;
  let sequence = 0;
  const engine = new PartitionEngine({
    partition: 0,
    // as the worker has it
    clock: () => performance.now(),
    geoip: () => undefined,
    recheck: createRecheck({
      states: { get: (_, subjectKey) => consent.get(subjectKey) },
      deployment: () => deployment,
      lane: lane.id,
      now: Date.now,
    }),
    count: (name, n) => {
      if (name === "results") rows += n;
    },
  });
  engine.deploy(deployment, lane);
  return {
    run: (frames: readonly Uint8Array[]) => {
      for (const message of frames) engine.frame(++sequence, readEventFrame(message));
    },
    rows: () => rows,
  };
}

function frameOf(events: readonly RawEvent[], fields: readonly FieldDeclaration[]): Uint8Array {
  return encodeEventFrame(
    { revision: 1, policy: 1, at: Date.parse(events.at(-1)?.time ?? "") },
    events.length,
    {
      $id: textColumn(events.map(({ id }) => id)),
      $type: textColumn(events.map(({ type }) => type)),
      $time: numberColumn(events.map(({ time }) => Date.parse(time))),
      $source: textColumn(events.map(() => "shop")),
      "#key": textColumn(events.map(({ subject }) => subject.padEnd(22, "x"))),
    },
    fields.map(({ path, type }) => [
      path,
      columnOf(
        type,
        events.map(({ data, subject }) => (path === "$subject" ? subject : valueAt(data, path))),
      ),
    ]),
  );
}

function valueAt(data: Readonly<Record<string, unknown>>, path: string): string | number | null {
  let value: unknown = data;
  for (const name of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" || typeof value === "number" ? value : null;
}
