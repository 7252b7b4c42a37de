import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { output, testPipeline } from "../../testkit/deployment.ts";
import { TestLog } from "../../testkit/engine.ts";
import type { TestEvent } from "../../testkit/frames.ts";

const COUNTS = testPipeline({
  steps: [
    {
      window: {
        sizeSeconds: 60,
        by: ["page.path"],
        aggregates: [
          { as: "views", kind: "count" },
          { as: "turnover", kind: "sum", field: "price" },
          { as: "prices", kind: "distinct", field: "price" },
        ],
      },
    },
    { emit: { output: "counts" } },
  ],
  outputs: [output("counts", ["window.start", "window.end", "page.path", "views", "turnover", "prices"], false)],
});

const event = (i: number, seconds: number, path: string | null, price: number | null): TestEvent => ({
  id: `e${i}`,
  subject: "a",
  time: seconds * 1000,
  values: { "page.path": path, price },
});

const plain = (log: TestLog) =>
  log.rows.map((row) => [row["window.start"], row["page.path"], row["views"], row["turnover"], row["prices"]]);

describe("window", () => {
  it("counts, sums and tells distinct values apart, one row a window and group", () => {
    const log = new TestLog([COUNTS]);
    log.frame([event(1, 0, "/a", 1), event(2, 59, "/a", 2), event(3, 59, "/a", 2), event(4, 60, "/a", null)]);
    log.frame([event(5, 61, null, 4)]);
    expect(log.rows).toEqual([]);
    log.frame([event(6, 70, "/b", null)]);
    expect(plain(log)).toEqual([[0, "/a", 3, 5, 2]]);
    log.finish();
    expect(plain(log).slice(1)).toEqual([
      [60_000, "/a", 1, null, 0],
      [60_000, null, 1, 4, 1],
      [60_000, "/b", 1, null, 0],
    ]);
    expect(new Set(log.rows.map(({ id }) => id)).size).toBe(4);
  });

  it("sends late rows to the dead letters, also those of a window that idleness completed", () => {
    const log = new TestLog([COUNTS]);
    log.frame([event(1, 0, "/a", 1), event(2, 70, "/b", 1), event(3, 59, "/a", 1)]);
    log.finish();
    log.restart();
    log.frame([event(4, 71, "/b", 1), event(5, 71, "/c", 1)]);
    log.finish();
    expect(log.dead.map(({ row }) => row["$id"] ?? row["page.path"])).toEqual(["e3", "e4"]);
    expect(plain(log)).toEqual([
      [0, "/a", 1, 1, 1],
      [60_000, "/b", 1, 1, 1],
      [60_000, "/c", 1, 1, 1],
    ]);
  });

  it("gives the same rows whatever the frames and restarts", () => {
    const steps = fc.array(
      fc.tuple(
        fc.nat({ max: 40 }),
        fc.nat({ max: 60 }),
        fc.constantFrom("/a", "/b", null),
        fc.constantFrom(1, 2, null),
      ),
      { maxLength: 50 },
    );
    const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), restart: fc.boolean() }), { minLength: 1 });
    const run = (events: readonly TestEvent[], frames: readonly { size: number; restart: boolean }[]): TestLog => {
      const log = new TestLog([COUNTS]);
      let start = 0;
      for (let i = 0; start < events.length; i++) {
        const { size, restart } = frames[i % frames.length] ?? { size: 1, restart: false };
        log.frame(events.slice(start, start + size));
        if (restart) log.restart();
        start += size;
      }
      log.finish();
      return log;
    };
    fc.assert(
      fc.property(steps, cuts, cuts, (parts, one, two) => {
        let now = 0;
        const events = parts.map(([step, back, path, price], i) => event(i, (now += step) - back, path, price));
        const a = run(events, one);
        const b = run(events, two);
        expect(plain(b).map(String).sort()).toEqual(plain(a).map(String).sort());
        expect(b.dead.map(({ row }) => row["$id"])).toEqual(a.dead.map(({ row }) => row["$id"]));
        expect(a.rows.reduce((sum, row) => sum + Number(row["views"]), 0) + a.dead.length).toBe(events.length);
      }),
      { numRuns: 500 },
    );
  });

  it("takes sessions as rows: none is late for it", () => {
    const chained = testPipeline({
      steps: [
        { sessionize: { gapSeconds: 30, sticky: [] } },
        { window: { sizeSeconds: 60, by: [], aggregates: [{ as: "sessions", kind: "count" }] } },
        { emit: { output: "counts" } },
      ],
      outputs: [output("counts", ["window.start", "sessions"], false)],
    });
    const log = new TestLog([chained]);
    for (let i = 0; i < 40; i++) log.frame([{ id: `${i}`, subject: `s${i % 7}`, time: i * 11_000 }]);
    log.finish();
    expect(log.dead).toEqual([]);
    // a subject comes every 77 s, so that each event is a session of its own
    expect(log.rows.reduce((sum, row) => sum + Number(row["sessions"]), 0)).toBe(40);
    expect(new Set(log.rows.map((row) => row["window.start"])).size).toBe(log.rows.length);
  });

  it("forgets an erased subject's windows, open or completed, and keeps those over several subjects", () => {
    const perSubject = testPipeline({
      id: "own",
      steps: [
        { window: { sizeSeconds: 60, by: ["$subject"], aggregates: [{ as: "views", kind: "count" }] } },
        { emit: { output: "own" } },
      ],
      outputs: [output("own", ["$subject", "views"])],
    });
    const views = (i: number, subject: string, seconds: number): TestEvent => {
      const values = { $subject: subject, "page.path": "/p" };
      return { id: `v${i}`, subject, time: seconds * 1000, values };
    };
    const log = new TestLog([perSubject, COUNTS]);
    log.frame([views(1, "ann", 0), views(2, "bob", 1)]);
    // completes the first window ahead of the watermark
    log.finish();
    log.frame([views(3, "ann", 65), views(4, "bob", 66)]);
    const before = log.rows.length;
    log.restart();
    expect(JSON.stringify(log.engine.snapshot()).match(/ann/g)?.length).toBeGreaterThan(1);
    log.erase("ann");
    expect(JSON.stringify(log.engine.snapshot())).not.toContain("ann");
    log.restart();
    log.finish();
    const after = log.rows.slice(before);
    expect(after.flatMap((row) => ("$subject" in row ? [row["$subject"]] : []))).toEqual(["bob"]);
    expect(after.flatMap((row) => ("page.path" in row ? [row["views"]] : []))).toEqual([2]);
  });
});
