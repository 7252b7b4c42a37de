import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { WindowOptions } from "@o2mc/schema/pipeline/steps/window.ts";
import { output, testPipeline } from "../../testkit/deployment.ts";
import { TestLog } from "../../testkit/engine.ts";
import type { TestEvent } from "../../testkit/frames.ts";

const DISORDER = 10_000;

const AGGREGATES: WindowOptions["aggregates"] = [
  { as: "n", kind: "count" },
  { as: "sum", kind: "sum", field: "price" },
  { as: "avg", kind: "avg", field: "price" },
  { as: "min", kind: "min", field: "price" },
  { as: "max", kind: "max", field: "price" },
  { as: "first", kind: "first", field: "page.path" },
  { as: "last", kind: "last", field: "price" },
  { as: "distinct", kind: "distinct", field: "price" },
  { as: "estimate", kind: "estimate", field: "page.path" },
  { as: "median", kind: "quantile", field: "price", quantile: 0.5 },
  { as: "top", kind: "top", field: "page.path", k: 2 },
];
const COLUMNS = ["page.path", ...AGGREGATES.map(({ as }) => as)];

function pipeline(options: Omit<WindowOptions, "by" | "aggregates">) {
  const early = options.earlySeconds === undefined ? [] : ["window.final"];
  const late = options.lateOutput === undefined ? [] : [output(options.lateOutput, ["$time", "page.path", "price"])];
  return testPipeline({
    steps: [
      { filter: { where: "event.price == null || event.price != 9.0" } },
      { window: { by: ["page.path"], aggregates: AGGREGATES, ...options } },
      { emit: { output: "w" } },
    ],
    outputs: [output("w", ["window.start", "window.end", ...early, ...COLUMNS], false), ...late],
  });
}

type Values = { readonly path: string | null; readonly price: number | null };
type Event = TestEvent & { readonly values: { readonly "page.path": string | null; readonly price: number | null } };

const event = (i: number, seconds: number, { path, price }: Values): Event => ({
  id: `e${i}`,
  subject: "a",
  time: seconds * 1000,
  values: { "page.path": path, price },
});

/** The columns of a window's row, from its events in the order of the log, in the most obvious way. */
function aggregatesOf(events: readonly Event[]) {
  const values = (field: "price" | "page.path") => events.map((each) => each.values[field]).filter((v) => v !== null);
  const prices = values("price") as number[];
  const byTime = events.toSorted((a, b) => a.time - b.time);
  const sorted = prices.toSorted((a, b) => a - b);
  const paths = new Map<string, number>();
  for (const path of values("page.path") as string[]) paths.set(path, (paths.get(path) ?? 0) + 1);
  const sum = prices.reduce((a, b) => a + b, 0);
  const top = [...paths].map(([value, count]) => ({ value, count, error: 0 }));
  top.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return {
    n: events.length,
    sum: prices.length === 0 ? null : sum,
    avg: prices.length === 0 ? null : sum / prices.length,
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
    first: byTime.find((each) => each.values["page.path"] !== null)?.values["page.path"] ?? null,
    last: byTime.findLast((each) => each.values.price !== null)?.values.price ?? null,
    distinct: new Set(prices).size,
    estimate: paths.size,
    median: sorted[Math.floor((sorted.length - 1) / 2)] ?? null,
    top: paths.size === 0 ? null : JSON.stringify(top.slice(0, 2)),
  };
}

interface Window {
  readonly start: number;
  readonly end: number;
  readonly events: readonly Event[];
}

const row = ({ start, end, events }: Window) => ({
  "window.start": start,
  "window.end": end,
  "page.path": events[0]?.values["page.path"] ?? null,
  ...aggregatesOf(events),
});

/** Rows by end and start; `boundsOf` gives every window that a time is in. */
function oracle(
  events: readonly Event[],
  lateness: number,
  boundsOf: (time: number) => readonly (readonly [number, number])[],
) {
  const windows = new Map<string, { start: number; end: number; events: Event[] }>();
  const late: string[] = [];
  let newest = -Infinity;
  for (const each of events) {
    newest = Math.max(newest, each.time);
    if (each.values.price === 9) continue;
    const open = boundsOf(each.time).filter(([, end]) => end + lateness > newest - DISORDER);
    if (open.length === 0) late.push(each.id);
    for (const [start, end] of open) {
      const key = JSON.stringify([start, each.values["page.path"]]);
      const window = windows.get(key) ?? { start, end, events: [] };
      windows.set(key, window);
      window.events.push(each);
    }
  }
  return { rows: [...windows.values()].sort((a, b) => a.end - b.end).map(row), late };
}

const anyLog = fc
  .array(
    fc.record({
      step: fc.constantFrom(0, 0, 1, 5, 20, 45),
      back: fc.nat({ max: 25 }),
      path: fc.constantFrom("/a", "/b", null),
      price: fc.constantFrom(1, 2, 4, 9, 40, null),
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    let newest = 0;
    return steps.map(({ step, back, ...values }, i) => event(i, (newest += step) - back, values));
  });

const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), restart: fc.boolean() }), { minLength: 1 });
type Cuts = readonly { readonly size: number; readonly restart: boolean }[];

function run(deployed: ReturnType<typeof pipeline>, events: readonly TestEvent[], frames: Cuts): TestLog {
  const log = new TestLog([deployed]);
  for (let i = 0, start = 0; start < events.length; i++) {
    const { size, restart } = frames[i % frames.length] ?? { size: 1, restart: false };
    log.frame(events.slice(start, start + size));
    if (restart) log.restart();
    start += size;
  }
  log.finish();
  return log;
}

const without = (row: Readonly<Record<string, unknown>>, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));

/** Medians are within the sketch's 1 %. */
function expectRows(found: readonly Record<string, unknown>[], expected: readonly ReturnType<typeof row>[]): void {
  expect(found.map((each) => without(each, "id", "median"))).toEqual(expected.map((each) => without(each, "median")));
  found.forEach(({ median }, i) => {
    const exact = expected[i]?.median ?? null;
    if (exact === null) expect(median).toBe(null);
    else expect(Math.abs(Number(median) - exact)).toBeLessThanOrEqual(0.01 * exact + 1e-9);
  });
}

const every = (size: number, step: number) => (time: number) => {
  const bounds: [number, number][] = [];
  for (let start = Math.floor(time / step) * step; start > time - size; start -= step)
    bounds.unshift([start, start + size]);
  return bounds;
};

describe.each([
  ["tumbling", { sizeSeconds: 30 }, 0, every(30_000, 30_000)],
  ["tumbling with lateness", { sizeSeconds: 30, latenessSeconds: 12 }, 12_000, every(30_000, 30_000)],
  ["sliding", { kind: "sliding", sizeSeconds: 30, everySeconds: 7 }, 0, every(30_000, 7000)],
  [
    "calendar",
    { kind: "calendar", unit: "day", timeZone: "Asia/Kolkata" },
    0,
    (time: number) => {
      const start = Math.floor((time + 5.5 * 3_600_000) / 86_400_000) * 86_400_000 - 5.5 * 3_600_000;
      return [[start, start + 86_400_000]] as const;
    },
  ],
] as const)("%s windows", (_, options, lateness, boundsOf) => {
  it("agree with the oracle, row by row and late row by late row, whatever the frames and restarts", () => {
    fc.assert(
      fc.property(anyLog, cuts, (events, frames) => {
        const log = run(pipeline(options), events, frames);
        const expected = oracle(events, lateness, boundsOf);
        expectRows(log.rows, expected.rows);
        expect(log.dead.length).toBe(expected.late.length);
        expect(log.engine.bytes).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 400 },
    );
  });
});

describe("session windows", () => {
  it("agree with the oracle on logs within the disorder, whatever the frames and restarts", () => {
    const onTime = anyLog.map((events) => {
      let newest = -Infinity;
      return events.map((each) => {
        newest = Math.max(newest, each.time);
        return { ...each, time: Math.max(each.time, newest - DISORDER) };
      });
    });
    fc.assert(
      fc.property(onTime, cuts, (events, frames) => {
        const log = run(pipeline({ kind: "session", gapSeconds: 20 }), events, frames);
        const windows: { start: number; end: number; events: Event[] }[] = [];
        for (const path of ["/a", "/b", null]) {
          const own = events.filter(({ values }) => values["page.path"] === path && values.price !== 9);
          let open: (typeof windows)[number] | undefined;
          for (const each of own.toSorted((a, b) => a.time - b.time)) {
            if (open === undefined || each.time - open.end > 20_000)
              windows.push((open = { start: each.time, end: 0, events: [] }));
            open.end = each.time;
            open.events.push(each);
          }
        }
        // the rest of the order is that of the log
        const inLog = ({ events: of }: Window): number => Math.min(...of.map((each) => events.indexOf(each)));
        windows.sort((a, b) => a.end - b.end || a.start - b.start || inLog(a) - inLog(b));
        for (const window of windows) window.events.sort((a, b) => events.indexOf(a) - events.indexOf(b));
        expectRows(log.rows, windows.map(row));
        expect(log.dead).toEqual([]);
      }),
      { numRuns: 800 },
    );
  });
});

test("every kind gives the same bytes whatever the frames, beyond the disorder and with early rows too", () => {
  const kinds: Omit<WindowOptions, "by" | "aggregates">[] = [
    { kind: "session", gapSeconds: 20, latenessSeconds: 5, lateOutput: "late" },
    { kind: "sliding", sizeSeconds: 30, everySeconds: 7, earlySeconds: 4, latenessSeconds: 9 },
    { sizeSeconds: 30, earlySeconds: 10, lateOutput: "late" },
  ];
  const whole = (log: TestLog): string =>
    JSON.stringify([log.rows.filter(isWindow), log.rows.filter((r) => !isWindow(r)), log.dead]);
  const isWindow = (r: Record<string, unknown>): boolean => "window.start" in r;
  fc.assert(
    fc.property(anyLog, cuts, cuts, fc.constantFrom(...kinds), (events, one, two, options) => {
      expect(whole(run(pipeline(options), events, one))).toBe(whole(run(pipeline(options), events, two)));
    }),
    { numRuns: 600 },
  );
});

test("early rows are what the window holds so far, under the id of its last one", () => {
  const options = { sizeSeconds: 60, latenessSeconds: 20 };
  fc.assert(
    fc.property(anyLog, cuts, (events, frames) => {
      const log = run(pipeline({ ...options, earlySeconds: 5 }), events, frames);
      const plain = run(pipeline(options), events, frames);
      const last = new Map(log.rows.map((each) => [each["id"], each["window.final"]]));
      expect([...last.values()].every((final) => final === true)).toBe(true);
      const finals = log.rows.filter((each) => each["window.final"] === true);
      expect(finals.map((each) => without(each, "window.final"))).toEqual(plain.rows);
      const counts = new Map<unknown, number>();
      for (const each of log.rows) {
        // an early row always has more than the one before
        const before = counts.get(each["id"]) ?? 0;
        if (each["window.final"] === false) expect(each["n"]).toBeGreaterThan(before);
        else expect(each["n"]).toBeGreaterThanOrEqual(before);
        counts.set(each["id"], Number(each["n"]));
      }
    }),
    { numRuns: 300 },
  );
});

test("early rows come when the watermark passes a multiple, and only of what has changed", () => {
  const log = new TestLog([pipeline({ sizeSeconds: 100, earlySeconds: 10 })]);
  const values = { path: "/a", price: 1 };
  const found = () => log.rows.map((each) => [each["n"], each["window.final"]]);
  const filtered = { path: "/a", price: 9 };
  log.frame([event(1, 21, values), event(2, 29, values)]);
  expect(found()).toEqual([]);
  // the watermark comes to 20 s with this row, which is not in it
  log.frame([event(3, 30, values), event(4, 39, values)]);
  expect(found()).toEqual([[2, false]]);
  log.frame([event(5, 39, values), event(6, 41, filtered), event(7, 51, filtered)]);
  expect(found().slice(1)).toEqual([[5, false]]);
  log.frame([event(8, 150, values)]);
  expect(found().slice(2)).toEqual([[5, true]]);
});

test("late rows go to their own output, with what the step reads of them, and not to the dead letters", () => {
  const log = new TestLog([pipeline({ sizeSeconds: 30, lateOutput: "late" })]);
  log.frame([event(1, 1, { path: "/a", price: 1 }), event(2, 100, { path: "/a", price: 2 })]);
  log.frame([event(3, 5, { path: "/b", price: 4 }), event(4, 101, { path: null, price: 1 })]);
  expect(log.rows.slice(1)).toEqual([{ id: "src/e3", $time: 5000, "page.path": "/b", price: 4 }]);
  expect(log.dead).toEqual([]);
  expect(log.counts["late"]).toBe(1);
});

test("a row is late by the watermark of rows that were filtered out, in the same frame too", () => {
  const log = new TestLog([pipeline({ sizeSeconds: 30 })]);
  const row = { path: "/a", price: 1 };
  log.frame([event(1, 1, row), event(2, 2, row), event(3, 100, { path: "/a", price: 9 }), event(4, 5, row)]);
  expect(log.rows.map((each) => each["n"])).toEqual([2]);
  expect(log.counts["late"]).toBe(1);
});
