import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { SessionizeOptions } from "@o2mc/schema/pipeline/steps/sessionize.ts";
import { output, testPipeline } from "../../testkit/deployment.ts";
import { TestLog } from "../../testkit/engine.ts";
import type { TestEvent } from "../../testkit/frames.ts";

const GAP = 30;
const MAX = 50;

type Event = TestEvent & { readonly values: { readonly "page.path": string | null; readonly price: number | null } };

function pipeline(options: Partial<SessionizeOptions>) {
  const final = options.updates === true ? ["session.final"] : [];
  return testPipeline({
    steps: [
      { filter: { where: "event.price == null || event.price != 9.0" } },
      {
        sessionize: {
          gapSeconds: GAP,
          sticky: [
            { field: "price", keep: "first", as: "first" },
            { field: "page.path", keep: "last", as: "campaign" },
          ],
          ...options,
        },
      },
      { emit: { output: "s" } },
    ],
    outputs: [output("s", ["session.start", "session.end", "session.events", ...final, "first", "campaign"])],
  });
}

const BOUNDED = { maxSeconds: MAX, cutOn: ["page.path"] };

const anyEvents = fc
  .array(
    fc.record({
      subject: fc.constantFrom("a", "b"),
      step: fc.constantFrom(0, 1, 5, 20, 29, 31),
      back: fc.nat({ max: 25 }),
      path: fc.constantFrom("/x", "/y", null, null),
      price: fc.constantFrom(1, 2, 9, null),
    }),
    { maxLength: 40 },
  )
  .map((parts) => {
    let newest = 0;
    return parts.map(({ subject, step, back, path, price }, i): Event & { back: number } => {
      newest += step;
      return { id: `e${i}`, subject, time: (newest - back) * 1000, back, values: { "page.path": path, price } };
    });
  });

/** Each event later than the one before. */
const ordered = anyEvents.map((events) =>
  events.map((event, i): Event => ({ ...event, time: event.time + event.back * 1000 + i })),
);

const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), restart: fc.boolean() }), { minLength: 1 });

function run(
  options: Partial<SessionizeOptions>,
  events: readonly TestEvent[],
  frames: readonly { readonly size: number; readonly restart: boolean }[],
): TestLog {
  const log = new TestLog([pipeline(options)]);
  for (let i = 0, start = 0; start < events.length; i++) {
    const { size, restart } = frames[i % frames.length] ?? { size: 1, restart: false };
    log.frame(events.slice(start, start + size));
    if (restart) log.restart();
    start += size;
  }
  log.finish();
  return log;
}

/** Cuts each subject's events, in order, as one would by hand. */
function oracle(events: readonly Event[], longest: number, cut: boolean) {
  const sessions: { subject: string; events: Event[] }[] = [];
  const current = new Map<string, (typeof sessions)[number]>();
  for (const event of events) {
    if (event.values.price === 9) continue;
    const open = current.get(event.subject);
    const [first] = open?.events ?? [];
    const campaign = open?.events.map(({ values }) => values["page.path"]).find((path) => path !== null) ?? null;
    const path = event.values["page.path"];
    const goesOn =
      open !== undefined &&
      first !== undefined &&
      event.time - (open.events.at(-1)?.time ?? 0) <= GAP * 1000 &&
      event.time - first.time <= longest &&
      (!cut || path === null || campaign === null || path === campaign);
    if (goesOn) open.events.push(event);
    else {
      const session = { subject: event.subject, events: [event] };
      sessions.push(session);
      current.set(event.subject, session);
    }
  }
  return sessions.map(({ subject, events: own }) => ({
    subject,
    "session.start": own[0]?.time,
    "session.end": own.at(-1)?.time,
    "session.events": own.length,
    first: own.map(({ values }) => values.price).find((price) => price !== null) ?? null,
    campaign: own.map(({ values }) => values["page.path"]).findLast((path) => path !== null) ?? null,
  }));
}

const texts = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

const without = (row: Readonly<Record<string, unknown>>, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));

describe.each([
  ["at most so long", { maxSeconds: MAX }, MAX * 1000, false],
  ["cut where a field changes", { cutOn: ["page.path"] }, Infinity, true],
  ["both", BOUNDED, MAX * 1000, true],
] as const)("sessions %s", (_, options, longest, cut) => {
  it("agree with the oracle, whatever the frames and restarts", () => {
    fc.assert(
      fc.property(ordered, cuts, (events, frames) => {
        const { rows, dead } = run(options, events, frames);
        const found = rows.map((row) => ({ subject: String(row["id"]).split("-")[0], ...without(row, "id") }));
        expect(texts(found)).toEqual(texts(oracle(events, longest, cut)));
        expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
        expect(dead).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

test("in whatever frames events come, out of order too, rows and late events are the same bytes in the same order", () => {
  const kinds = [{}, { updates: true }, BOUNDED, { ...BOUNDED, updates: true }];
  fc.assert(
    fc.property(anyEvents, cuts, cuts, fc.constantFrom(...kinds), (events, one, two, options) => {
      const [a, b] = [run(options, events, one), run(options, events, two)];
      expect(JSON.stringify([a.rows, a.dead])).toBe(JSON.stringify([b.rows, b.dead]));
      expect(a.engine.bytes).toBe(b.engine.bytes);
      // no event is lost or counted twice
      const complete = a.rows.filter((row) => row["session.final"] !== false);
      const counted = complete.reduce((sum, row) => sum + Number(row["session.events"]), 0);
      expect(counted + a.dead.length).toBe(events.filter(({ values }) => values.price !== 9).length);
      for (const row of complete) {
        if ("cutOn" in options)
          expect(Number(row["session.end"]) - Number(row["session.start"])).toBeLessThanOrEqual(MAX * 1000);
      }
    }),
    { numRuns: 1000 },
  );
});

test("updates end with the row that a session has without them, and only they come before it", () => {
  fc.assert(
    fc.property(anyEvents, cuts, fc.constantFrom({}, BOUNDED), (events, frames, options) => {
      const { rows } = run({ ...options, updates: true }, events, frames);
      const plain = run(options, events, frames);
      const last = new Map(rows.map((row) => [row["id"], row]));
      const complete = [...last.values()].filter((row) => row["session.events"] !== 0);
      expect([...last.values()].every((row) => row["session.final"] === true)).toBe(true);
      expect(rows.filter((row) => row["session.final"] === true)).toHaveLength(last.size);
      expect(texts(complete.map((row) => without(row, "id", "session.final")))).toEqual(
        texts(plain.rows.map((row) => without(row, "id"))),
      );
    }),
    { numRuns: 500 },
  );
});

test("a session's row keeps its id when an earlier event comes late, and one that is joined to another ends", () => {
  const log = new TestLog([pipeline({ updates: true })]);
  const event = (seconds: number): TestEvent => {
    const values = { "page.path": null, price: 1 };
    return { id: `e${seconds}`, subject: "a", time: seconds * 1000, values };
  };
  const found = () =>
    log.rows.map((row) => [
      row["id"],
      Number(row["session.start"]) / 1000,
      row["session.events"],
      row["session.final"],
    ]);
  log.frame([event(100), event(95), event(135)]);
  const [first, second] = [`a-${(100_000).toString(36)}`, `a-${(135_000).toString(36)}`];
  expect(found()).toEqual([
    [first, 100, 1, false],
    [first, 95, 2, false],
    [second, 135, 1, false],
  ]);
  log.frame([event(125)]);
  expect(found().slice(3)).toEqual([
    [second, 135, 0, true],
    [first, 95, 4, false],
  ]);
  log.finish();
  expect(found().slice(5)).toEqual([[first, 95, 4, true]]);
});

test("an erased subject's campaign and name are gone from the state", () => {
  const log = new TestLog([pipeline({ ...BOUNDED, updates: true })]);
  log.frame([{ id: "e", subject: "ann", time: 1000, values: { "page.path": "/campaign-of-ann", price: 1 } }]);
  log.erase("ann");
  expect(JSON.stringify(log.engine.snapshot())).not.toMatch(/ann/);
  expect(log.engine.bytes).toBe(0);
});
