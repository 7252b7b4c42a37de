import { PartitionEngine } from "@o2mc/data-plane/process/partition/engine.ts";
import type { DeployedLane, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import type { EventFrame } from "@o2mc/schema/events/frame.ts";
import { checkDefinition } from "@o2mc/schema/pipeline/check.ts";
import type { PipelineDefinition, Step } from "@o2mc/schema/pipeline/definition.ts";
import { pageView } from "./events.ts";
import { measurement, median, type Benchmark, type Measurement } from "./measurement.ts";

const EVENTS = 200_000;
const FRAME = 500;
const ROUNDS = 5;
const VISITORS = 20_000;
const START = Date.UTC(2026, 0, 1);

const FIELDS = ["page.path", "page.title", "page.referrer", "product.sku", "client.ip", "$subject"].map((path) => ({
  path,
  type: "string" as const,
  purposes: ["analytics"],
  description: "",
}));
const POLICY: Policy = {
  version: 1,
  purposes: [{ name: "analytics", description: "", legalBasis: "consent", lifetimeDays: 365 }],
  fields: [...FIELDS, { path: "product.price", type: "number", purposes: ["analytics"], description: "" }],
};

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

/** Frames to result messages, decode and encode included, one thread, against JSON.parse of the same events raw; rounds in turn. */
export const processing: Benchmark = {
  names: ["process.P", "process.S"],
  run: (wanted) => {
    const events = Array.from({ length: EVENTS }, (_, i) =>
      pageView(i, `visitor-${(i * 7919) % VISITORS}`, START + i * 20, "bench"),
    );
    const raw = events.map((event) => JSON.stringify(event));
    const results: Measurement[] = [];
    for (const [name, steps] of [
      ["process.P", P],
      ["process.S", S],
    ] as const) {
      if (wanted.has(name)) results.push(compare(name, steps, events as RawEvent[], raw));
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

function compare(
  name: string,
  steps: readonly Step[],
  events: readonly RawEvent[],
  raw: readonly string[],
): Measurement {
  const definition: PipelineDefinition = {
    purposes: ["analytics"],
    time: { disorderSeconds: 60, idleSeconds: 30 },
    steps,
  };
  const checked = checkDefinition(definition, POLICY, { partitions: 1 });
  const lane: DeployedLane = { id: "analytics", purposes: ["analytics"], partitions: 1, fields: checked.readSet };
  const deployment: Deployment = {
    formatVersion: 1,
    tenant: "bench",
    application: "bench",
    revision: 1,
    policy: POLICY,
    sources: [],
    lanes: [lane],
    pipelines: [{ id: "p", name: "p", version: 1, since: 1, lane: lane.id, definition, outputs: checked.outputs }],
    deliveries: [],
    subjectSalt: "00".repeat(32),
  };
  const frames: string[] = [];
  for (let at = 0; at < events.length; at += FRAME) {
    frames.push(
      JSON.stringify(
        frameOf(
          events.slice(at, at + FRAME),
          checked.readSet.map(({ path }) => path),
        ),
      ),
    );
  }
  const ours: number[] = [];
  const parse: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(rate(() => runEngine(deployment, lane, frames)));
    parse.push(
      rate(() => {
        for (const text of raw) JSON.parse(text);
      }),
    );
  }
  return measurement(name, median(ours), "events/s", "JSON.parse of the raw events", median(parse));
}

function runEngine(deployment: Deployment, lane: DeployedLane, frames: readonly string[]): void {
  const engine = new PartitionEngine({
    partition: 0,
    geoip: () => undefined,
    recheck: () => undefined,
    count: () => undefined,
  });
  engine.deploy(deployment, lane);
  let rows = 0;
  frames.forEach((text, index) => {
    const effects = engine.frame(index + 1, JSON.parse(text) as EventFrame);
    for (const { frame } of effects.results) {
      rows += frame.n;
      JSON.stringify(frame);
    }
  });
  if (rows < EVENTS / 4) throw new Error(`only ${rows} rows came of ${EVENTS} events`);
}

function rate(work: () => void): number {
  const start = performance.now();
  work();
  return EVENTS / ((performance.now() - start) / 1000);
}

function frameOf(events: readonly RawEvent[], paths: readonly string[]): EventFrame {
  const columns = Object.fromEntries(
    paths.map((path) => [
      path,
      events.map((event) => (path === "$subject" ? event.subject : valueAt(event.data, path))),
    ]),
  );
  return {
    v: 1,
    revision: 1,
    policy: 1,
    at: START,
    n: events.length,
    id: events.map(({ id }) => id),
    type: events.map(({ type }) => type),
    time: events.map(({ time }) => Date.parse(time)),
    sources: ["shop"],
    source: events.map(() => 0),
    subjectKey: events.map(({ subject }) => subject.padEnd(22, "x")),
    columns,
  };
}

function valueAt(data: Readonly<Record<string, unknown>>, path: string): string | number | null {
  let value: unknown = data;
  for (const name of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" || typeof value === "number" ? value : null;
}
