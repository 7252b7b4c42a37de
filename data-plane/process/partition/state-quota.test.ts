import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { output, SESSIONS, testPipeline } from "../testkit/deployment.ts";
import { TestLog } from "../testkit/engine.ts";
import type { TestEvent } from "../testkit/frames.ts";

const PRICES = testPipeline({
  id: "prices",
  steps: [
    {
      window: {
        sizeSeconds: 60,
        by: ["$subject", "page.path"],
        aggregates: [
          { as: "views", kind: "count" },
          { as: "prices", kind: "distinct", field: "price" },
        ],
      },
    },
    { emit: { output: "counts" } },
  ],
  outputs: [output("counts", ["window.start", "page.path", "views", "prices"])],
});

const event = (id: string, subject: string, seconds = 1, path = "/a", price = 1): TestEvent => ({
  id,
  subject,
  time: seconds * 1000,
  values: { "page.path": path, price, $subject: subject },
});

/** Room for some sessions of one page each. */
const STATE_BYTES = 1000;

describe("a partition whose state is at its quota", () => {
  it("goes on with the sessions that it has, begins no other, and says so once a frame", () => {
    const log = new TestLog([SESSIONS], { stateBytes: STATE_BYTES });
    for (let round = 0; round < 3; round++) {
      log.frame(Array.from({ length: 50 }, (_, s) => event(`${round}-${s}`, `s${s}`, 1 + round)));
    }
    const { open } = log.engine;
    expect(open).toBeGreaterThan(2);
    expect(open).toBeLessThan(10);
    expect(log.engine.bytes).toBeLessThan(2 * STATE_BYTES);
    expect(log.counts["refused.state-quota"]).toBe(3 * (50 - open));
    expect(log.dead.map(({ code, step }) => `${code} ${step}`)).toEqual(Array(3).fill("state-quota 1.sessionize"));
    log.finish();
    expect(log.rows.map((row) => row["session.events"])).toEqual(Array(open).fill(3));
  });

  it("has room again when sessions have completed", () => {
    const log = new TestLog([SESSIONS], { stateBytes: STATE_BYTES });
    log.frame(Array.from({ length: 50 }, (_, s) => event(`a${s}`, `s${s}`)));
    const { open } = log.engine;
    // an hour later the first ones are complete by the watermark
    log.frame([event("late", "s0", 3600)]);
    log.frame(Array.from({ length: 50 }, (_, s) => event(`b${s}`, `t${s}`, 3601)));
    expect(log.rows).toHaveLength(open);
    expect(log.engine.open).toBe(open);
  });

  it("begins no window and takes no new distinct value, but counts what is known", () => {
    const log = new TestLog([PRICES], { stateBytes: 1000 });
    log.frame(Array.from({ length: 100 }, (_, i) => event(`a${i}`, "s", 1, "/a", i)));
    const taken = 100 - (log.counts["refused.state-quota"] ?? 0);
    expect(taken).toBeGreaterThan(2);
    expect(taken).toBeLessThan(50);
    log.frame([event("b", "s", 2, "/a", 0), event("c", "s", 2, "/b", 0)]);
    log.finish();
    expect(log.rows).toMatchObject([{ "page.path": "/a", views: taken + 1, prices: taken }]);
    expect(log.dead.map(({ step }) => step)).toEqual(["1.window", "1.window"]);
  });

  it("shares its room among all of its pipelines", () => {
    const log = new TestLog([SESSIONS, PRICES], { stateBytes: STATE_BYTES });
    const alone = new TestLog([SESSIONS], { stateBytes: STATE_BYTES });
    for (const each of [log, alone]) each.frame(Array.from({ length: 50 }, (_, s) => event(`a${s}`, `s${s}`)));
    expect(log.rows).toEqual([]);
    expect(log.engine.bytes).toBeLessThan(2 * STATE_BYTES);
    // the sessions, which come first, have left no room for windows
    expect(log.engine.open).toBe(alone.engine.open);
  });
});

it("without a quota nothing is refused", () => {
  const log = new TestLog([SESSIONS, PRICES]);
  log.frame(Array.from({ length: 500 }, (_, s) => event(`a${s}`, `s${s}`)));
  expect(log.engine.open).toBe(1000);
  expect(log.dead).toEqual([]);
});

// what is refused follows from it: a replay from a checkpoint must refuse the same
it("what the state takes is the same after a restart from any point, and nothing once all is complete", () => {
  const steps = fc.record({
    subject: fc.constantFrom("a", "b", "a-subject-with-a-long-name"),
    seconds: fc.integer({ min: 0, max: 200 }),
    path: fc.constantFrom("/", "/a", `/${"long".repeat(20)}`),
    price: fc.integer({ min: 0, max: 5 }),
    after: fc.constantFrom("nothing", "tick", "erase"),
  });
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 40 }), fc.nat(2_000), (log, stateBytes) => {
      const through = new TestLog([SESSIONS, PRICES], { stateBytes });
      const restarted = new TestLog([SESSIONS, PRICES], { stateBytes });
      log.forEach(({ subject, seconds, path, price, after }, i) => {
        for (const each of [through, restarted]) {
          each.frame([event(`e${i}`, subject, seconds, path, price)]);
          if (after === "tick") for (let t = 0; t < 3; t++) each.tick((seconds + 100 + t) * 1000);
          if (after === "erase") each.erase(subject);
        }
        restarted.restart();
        expect(restarted.engine.bytes).toBe(through.engine.bytes);
      });
      expect(restarted.counts).toEqual(through.counts);
      for (const subject of ["a", "b", "a-subject-with-a-long-name"]) through.erase(subject);
      expect(through.engine.bytes).toBe(0);
    }),
  );
});
