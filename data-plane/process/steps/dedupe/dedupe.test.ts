import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { output, testPipeline } from "../../testkit/deployment.ts";
import { TestLog } from "../../testkit/engine.ts";
import type { TestEvent } from "../../testkit/frames.ts";

const WITHIN = 30;
const DISORDER = 10;

const ONCE = testPipeline({
  steps: [{ dedupe: { by: ["event.page.path", "event.price"], withinSeconds: WITHIN } }, { emit: { output: "once" } }],
  outputs: [output("once", ["page.path"])],
});

const event = (id: string, seconds: number, path: string | null, subject = "ann", price = 1): TestEvent => ({
  id,
  subject,
  time: seconds * 1000,
  values: { "page.path": path, price },
});

const ids = (log: TestLog) => log.rows.map(({ id }) => String(id).slice("src/".length));

describe("dedupe", () => {
  it("lets the first go on, by subject and key, and the next one beyond the window", () => {
    const log = new TestLog([ONCE]);
    log.frame([event("a", 100, "/a"), event("b", 110, "/a"), event("c", 110, "/b"), event("d", 110, "/a", "bob")]);
    log.restart();
    log.frame([event("e", 130, "/a"), event("f", 131, "/a"), event("g", 131, "/a", "ann", 2)]);
    expect(ids(log)).toEqual(["a", "c", "d", "f", "g"]);
  });

  it("drops what is older than the first too, and lets rows without a key go on", () => {
    const log = new TestLog([ONCE]);
    log.frame([event("a", 100, "/a"), event("b", 95, "/a"), event("c", 100, null), event("d", 100, null)]);
    expect(ids(log)).toEqual(["a", "c", "d"]);
  });

  it("sends what is later than the window to the dead letters", () => {
    const log = new TestLog([ONCE]);
    log.frame([event("a", 100, "/a"), event("b", 200, "/b"), event("c", 160, "/a"), event("d", 159, "/a")]);
    expect(ids(log)).toEqual(["a", "b", "c"]);
    expect(log.dead).toMatchObject([{ code: "late", step: "1.dedupe" }]);
  });

  it("forgets a subject, and nobody whose key begins alike", () => {
    const log = new TestLog([ONCE]);
    log.frame([event("a", 100, "/a", "ann"), event("b", 100, "/a", "anna"), event("c", 100, "/a", 'ann"')]);
    log.erase("ann");
    expect(JSON.stringify(log.engine.snapshot())).not.toContain('\\"ann\\"');
    log.frame([event("d", 101, "/a", "ann"), event("e", 101, "/a", "anna"), event("f", 101, "/a", 'ann"')]);
    expect(ids(log)).toEqual(["a", "b", "c", "d"]);
  });

  it("remembers no more than three windows behind the watermark, and counts it for the quota", () => {
    const log = new TestLog([ONCE]);
    for (let i = 0; i < 1000; i++) log.frame([event(`e${i}`, i * 10, `/page/${i}`)]);
    const { bytes } = log.engine;
    expect(bytes).toBeGreaterThan(0);
    expect(bytes / 130).toBeLessThan((3 * WITHIN + WITHIN + DISORDER) / 10 + 2);
    log.frame([event("late", 100_000, "/")]);
    expect(log.engine.bytes).toBeLessThan(bytes / 5);
  });

  it("refuses new keys beyond the quota, and still knows those that it has", () => {
    const log = new TestLog([ONCE], { stateBytes: 300 });
    log.frame([event("a", 100, "/a"), event("b", 100, "/b"), event("c", 100, "/c"), event("d", 100, "/a")]);
    expect(ids(log)).toEqual(["a", "b"]);
    expect(log.dead.map(({ code }) => code)).toEqual(["state-quota"]);
  });

  it("does what the rule says, whatever the frames and restarts", () => {
    const parts = fc.array(
      fc.tuple(
        fc.nat({ max: 15 }),
        fc.nat({ max: 60 }),
        fc.constantFrom("/a", "/b", null),
        fc.constantFrom("ann", "bob"),
      ),
      { maxLength: 60 },
    );
    const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), restart: fc.boolean() }), { minLength: 1 });
    fc.assert(
      fc.property(parts, cuts, (steps, frames) => {
        let now = 1000;
        const events = steps.map(([step, back, path, subject], i) =>
          event(`${i}`, (now += step) - back, path, subject),
        );
        const log = new TestLog([ONCE]);
        let start = 0;
        for (let i = 0; start < events.length; i++) {
          const { size, restart } = frames[i % frames.length] ?? { size: 1, restart: false };
          log.frame(events.slice(start, start + size));
          if (restart) log.restart();
          start += size;
        }
        // by other means: everything that ever went on, asked one by one
        let newest = -Infinity;
        const kept: TestEvent[] = [];
        const late: string[] = [];
        for (const one of events) {
          newest = Math.max(newest, one.time);
          const path = one.values?.["page.path"];
          if (path !== null && one.time + WITHIN * 1000 < newest - DISORDER * 1000) late.push(one.id);
          else if (
            path === null ||
            !kept.some(
              ({ subject, values, time }) =>
                subject === one.subject && values?.["page.path"] === path && Math.abs(time - one.time) <= WITHIN * 1000,
            )
          ) {
            kept.push(one);
          }
        }
        expect(ids(log)).toEqual(kept.map(({ id }) => id));
        expect(log.dead.map(({ row }) => row["$id"])).toEqual(late);
      }),
      { numRuns: 500 },
    );
  });
});
