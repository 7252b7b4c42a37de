import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SESSIONS } from "../../testkit/deployment.ts";
import { TestLog } from "../../testkit/engine.ts";
import type { TestEvent } from "../../testkit/frames.ts";

const GAP = 30_000;
const DISORDER = 10_000;

const at = (subject: string, seconds: number, path = "/"): TestEvent => ({
  id: `${subject}${seconds}${path}`,
  subject,
  time: seconds * 1000,
  values: { "page.path": path },
});

/** By other means: sort each subject's events by time, cut where more than the gap lies between two. */
function oracle(events: readonly TestEvent[]) {
  const rows: unknown[] = [];
  for (const subject of new Set(events.map((event) => event.subject))) {
    const own = events.filter((event) => event.subject === subject).sort((a, b) => a.time - b.time);
    let session: TestEvent[] = [];
    const close = () => {
      const start = session[0]?.time ?? 0;
      const paths = session.map(({ values }) => values?.["page.path"] ?? null).filter((path) => path !== null);
      rows.push({
        id: `${subject}-${start.toString(36)}`,
        "session.start": start,
        "session.end": session.at(-1)?.time,
        "session.events": session.length,
        entry: paths[0] ?? null,
        exit: paths.at(-1) ?? null,
      });
    };
    for (const event of own) {
      if (session.length > 0 && event.time - (session.at(-1)?.time ?? 0) > GAP) {
        close();
        session = [];
      }
      session.push(event);
    }
    if (session.length > 0) close();
  }
  return rows;
}

const byId = (rows: readonly unknown[]): readonly unknown[] =>
  rows.map((row) => JSON.stringify(row, Object.keys(row as object).sort())).sort();

/** Events in log order; times in whole 5 s, so that gaps of exactly 30 s are common. */
const anyLog = fc
  .array(
    fc.record({
      subject: fc.constantFrom("a", "b", "c"),
      step: fc.constantFrom(0, 0, 1, 1, 2, 6, 7, 20),
      back: fc.nat({ max: 12 }),
      path: fc.option(fc.constantFrom("/x", "/y", "/z")),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let newest = 100_000;
    return steps.map(({ subject, step, back, path }, i) => {
      newest += step * 5000;
      return { id: `e${i}`, subject, time: newest - back * 5000, values: { "page.path": path } } satisfies TestEvent;
    });
  });

/** The same with no event more than the disorder behind. */
const onTimeLog = anyLog.map((events) => {
  let newest = -Infinity;
  return events.map((event) => {
    newest = Math.max(newest, event.time);
    return { ...event, time: Math.max(event.time, newest - DISORDER) };
  });
});

const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), restart: fc.boolean() }), { minLength: 1 });

function runCut(events: readonly TestEvent[], frames: readonly { size: number; restart: boolean }[]): TestLog {
  const log = new TestLog([SESSIONS]);
  feed(log, events, frames);
  log.finish();
  return log;
}

function feed(log: TestLog, events: readonly TestEvent[], frames: readonly { size: number; restart: boolean }[]): void {
  let start = 0;
  for (let i = 0; start < events.length; i++) {
    const { size, restart } = frames[i % frames.length] ?? { size: 1, restart: false };
    log.frame(events.slice(start, start + size));
    if (restart) log.restart();
    start += size;
  }
}

const isOf = (id: unknown, subject: string): boolean => String(id).startsWith(`${subject}-`);

describe("sessionize", () => {
  it("agrees with the oracle on every log within the disorder, whatever the frames and restarts", () => {
    fc.assert(
      fc.property(onTimeLog, cuts, (events, frames) => {
        const log = runCut(events, frames);
        expect(log.dead).toEqual([]);
        expect(byId(log.rows)).toEqual(byId(oracle(events)));
      }),
      { numRuns: 1500 },
    );
  });

  it("gives the same rows and the same late events whatever the frames, beyond the disorder too", () => {
    fc.assert(
      fc.property(anyLog, cuts, cuts, (events, frames, others) => {
        const one = runCut(events, frames);
        const two = runCut(events, others);
        expect(byId(two.rows)).toEqual(byId(one.rows));
        expect(byId(two.dead)).toEqual(byId(one.dead));
        const counted = one.rows.reduce((sum, row) => sum + Number(row["session.events"]), 0);
        expect(counted + one.dead.length).toBe(events.length);
        expect(new Set(one.rows.map(({ id }) => id)).size).toBe(one.rows.length);
      }),
      { numRuns: 1500 },
    );
  });

  it("forgets an erased subject at one place of the log, whatever the frames and restarts, and touches no neighbour", () => {
    fc.assert(
      fc.property(onTimeLog, fc.nat({ max: 60 }), cuts, cuts, (events, place, frames, others) => {
        const run = (cut: typeof frames) => {
          const log = new TestLog([SESSIONS]);
          feed(log, events.slice(0, place), cut);
          const before = log.rows.length;
          log.erase("a");
          if (cut[0]?.restart === true) log.restart();
          expect(JSON.stringify(log.engine.snapshot())).not.toContain('"a"');
          feed(log, events.slice(place), cut);
          log.finish();
          return { log, after: log.rows.slice(before) };
        };
        const one = run(frames);
        const two = run(others);
        expect(byId(two.log.rows)).toEqual(byId(one.log.rows));
        expect(byId(two.after)).toEqual(byId(one.after));
        const neighbours = one.log.rows.filter(({ id }) => !isOf(id, "a"));
        expect(byId(neighbours)).toEqual(byId(oracle(events.filter(({ subject }) => subject !== "a"))));
        const later = events.slice(place).filter(({ subject }) => subject === "a");
        expect(byId(one.after.filter(({ id }) => isOf(id, "a")))).toEqual(byId(oracle(later)));
      }),
      { numRuns: 1000 },
    );
  });

  it("knows nothing any more of an erased subject whose session idleness completed", () => {
    const log = new TestLog([SESSIONS]);
    log.frame([at("a", 100), at("b", 100)]);
    log.finish();
    expect(JSON.stringify(log.engine.snapshot())).toContain('"a"');
    log.erase("a");
    expect(JSON.stringify(log.engine.snapshot())).not.toContain('"a"');
    expect(JSON.stringify(log.engine.snapshot())).toContain('"b"');
  });

  it("keeps events exactly the gap apart together and joins two sessions", () => {
    const log = new TestLog([SESSIONS]);
    log.frame([at("a", 100), at("a", 135), at("a", 130), at("b", 100), at("b", 131)]);
    log.finish();
    expect(Object.fromEntries(log.rows.map((row) => [row["id"], row["session.events"]]))).toEqual({
      [`a-${(100_000).toString(36)}`]: 3,
      [`b-${(100_000).toString(36)}`]: 1,
      [`b-${(131_000).toString(36)}`]: 1,
    });
  });

  it("completes when the watermark is past end + gap, not before", () => {
    const log = new TestLog([SESSIONS]);
    log.frame([at("a", 100)]);
    log.frame([at("b", 140)]);
    expect(log.rows).toEqual([]);
    log.frame([{ id: "x", subject: "b", time: 140_001 }]);
    expect(log.rows.map(({ id }) => id)).toEqual([`a-${(100_000).toString(36)}`]);
  });

  it("counts a late event and shows it in the dead letters", () => {
    const log = new TestLog([SESSIONS]);
    log.frame([at("a", 100), at("b", 1000), at("a", 101, "/late")]);
    log.finish();
    expect(log.dead).toMatchObject([{ code: "late", step: "1.sessionize", row: { "page.path": "/late" } }]);
    expect(log.counts["late"]).toBe(1);
  });

  it("completes by ticks in a row only, and keeps what is newer than tick − disorder − gap", () => {
    const log = new TestLog([SESSIONS]);
    log.frame([at("a", 100), at("b", 105)]);
    log.tick(1_000_000);
    log.frame([at("b", 106)]);
    log.tick(141_000);
    expect(log.rows).toEqual([]);
    log.tick(141_000);
    expect(log.rows.map((row) => row["id"])).toEqual([`a-${(100_000).toString(36)}`]);
  });

  it("lets a second log file be on time after an idle spell, and never writes a completed row again", () => {
    const log = new TestLog([SESSIONS]);
    log.frame([at("a", 100), at("b", 110)]);
    log.finish();
    log.restart();
    log.frame([at("b", 110, "/again"), at("c", 105), at("a", 200)]);
    log.finish();
    expect(log.rows.map((row) => [row["id"], row["session.events"]])).toEqual([
      [`a-${(100_000).toString(36)}`, 1],
      [`b-${(110_000).toString(36)}`, 1],
      [`c-${(105_000).toString(36)}`, 1],
      [`a-${(200_000).toString(36)}`, 1],
    ]);
    expect(log.dead.map(({ code }) => code)).toEqual(["late"]);
  });
});
