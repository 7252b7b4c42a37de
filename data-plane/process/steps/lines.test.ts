import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Step } from "@o2mc/schema/pipeline/definition.ts";
import { output, testPipeline } from "../testkit/deployment.ts";
import { TestLog } from "../testkit/engine.ts";
import type { TestEvent } from "../testkit/frames.ts";

const emit = (name: string): Step => ({ emit: { output: name } });
const set = (field: string, expression: string): Step => ({ map: { set: [{ field, expression }] } });

/** Each output's rows are marked by the column `via`. */
function run(steps: readonly Step[], outputs: readonly string[], prices: readonly Scalar[]): TestLog {
  const log = new TestLog([testPipeline({ steps, outputs: outputs.map((name) => output(name, ["price", "via"])) })]);
  log.frame(prices.map((price, i) => ({ id: `e${i}`, subject: "s", time: 1000 + i, values: { price } })));
  return log;
}

const via = (log: TestLog, name: string) => log.rows.filter((row) => row["via"] === name).map((row) => row["price"]);

describe("lines of steps", () => {
  it("branch copies what matches; all rows go on, untouched by what the line does", () => {
    const steps: Step[] = [
      set("via", "'main'"),
      { branch: { when: "event.price > 1.0", steps: [set("via", "'side'"), set("price", "0.0"), emit("side")] } },
      emit("main"),
    ];
    const log = run(steps, ["main", "side"], [1, 2, null, 3]);
    expect(via(log, "main")).toEqual([1, 2, null, 3]);
    expect(via(log, "side")).toEqual([0, 0]);
    expect(log.messageIds).toEqual(["p1.side.0.1", "p1.main.0.1"]);
  });

  it("branch without a condition copies all", () => {
    const log = run(
      [{ branch: { steps: [set("via", "'side'"), emit("side")] } }, set("via", "''"), emit("main")],
      ["main", "side"],
      [1, null],
    );
    expect(via(log, "side")).toEqual([1, null]);
  });

  it("split gives each row to the first case that is true, and the rest goes on", () => {
    const line = (name: string): Step[] => [set("via", `'${name}'`), emit(name)];
    const cases = [
      { when: "event.price > 10.0", steps: line("a") },
      { when: "event.price > 5.0", steps: line("b") },
    ];
    const prices = [20, 7, 1, null, 11];
    const open = run([{ split: { cases } }, ...line("rest")], ["a", "b", "rest"], prices);
    expect([via(open, "a"), via(open, "b"), via(open, "rest")]).toEqual([[20, 11], [7], [1, null]]);
    const closed = run([{ split: { cases, otherwise: line("rest") } }], ["a", "b", "rest"], prices);
    expect(closed.rows).toEqual(open.rows);
  });

  it("what a line computes of some rows is not taken for the whole of it", () => {
    // both lines ask for the same column: at the rows of the first it was computed first
    const double = set("price", "event.price * 2.0");
    const log = run(
      [
        { branch: { when: "event.price > 1.0", steps: [double, set("via", "'side'"), emit("side")] } },
        double,
        set("via", "'main'"),
        emit("main"),
      ],
      ["main", "side"],
      [1, 2, 3],
    );
    expect(via(log, "side")).toEqual([4, 6]);
    expect(via(log, "main")).toEqual([2, 4, 6]);
  });

  it("a dead letter names the step of the line, and only the line loses the row", () => {
    const failing: Step = { lookup: { geoip: { field: "ip", into: "geo" } } };
    const pipeline = testPipeline({
      steps: [
        {
          split: {
            cases: [{ when: "event.price > 1.0", steps: [{ branch: { steps: [failing, emit("x")] } }, emit("y")] }],
          },
        },
      ],
      outputs: [output("x", ["geo.city"]), output("y", ["price"])],
    });
    const log = new TestLog([pipeline], {
      geoip: (address) => {
        if (address === "bad") throw new Error("corrupt database");
        return undefined;
      },
    });
    const rows = [
      { price: 2, ip: "good" },
      { price: 3, ip: "bad" },
      { price: 0, ip: "bad" },
    ];
    log.frame(rows.map((values, i) => ({ id: `e${i}`, subject: "s", time: 1, values })));
    expect(log.dead).toMatchObject([{ code: "step-failed", step: "1.case-1.1.1.lookup", row: { price: 3 } }]);
    expect(log.rows.filter((row) => "price" in row)).toHaveLength(2);
    expect(log.rows.filter((row) => "geo.city" in row)).toHaveLength(1);
  });

  it("sessions of a line complete, by the watermark and by idleness, and go on into its next steps", () => {
    const pipeline = testPipeline({
      steps: [
        {
          branch: {
            when: "event.price > 1.0",
            steps: [
              { sessionize: { gapSeconds: 10, sticky: [] } },
              {
                split: {
                  cases: [{ when: "event.session.events > 1", steps: [emit("long")] }],
                  otherwise: [emit("short")],
                },
              },
            ],
          },
        },
      ],
      outputs: ["long", "short"].map((name) => output(name, ["session.events"])),
    });
    const log = new TestLog([pipeline]);
    const at = (id: string, subject: string, seconds: number, price: number) => ({
      id,
      subject,
      time: seconds * 1000,
      values: { price },
    });
    log.frame([at("a", "ann", 100, 2), at("b", "ann", 105, 2), at("c", "bob", 100, 2), at("d", "bob", 101, 0)]);
    expect(log.rows).toEqual([]);
    expect(log.engine.holdsRows).toBe(true);
    log.frame([at("e", "cid", 200, 2)]);
    expect(log.messageIds).toEqual(["p1.long.0.2.clock-1", "p1.short.0.2.clock-1"]);
    expect(log.rows.map((row) => row["session.events"])).toEqual([2, 1]);
    log.finish();
    expect(log.rows.map((row) => row["session.events"])).toEqual([2, 1, 1]);
    expect(log.engine.holdsRows).toBe(false);
  });

  it("stateful steps of a line have their own clock, snapshot and erasure", () => {
    const sessions = (name: string, gapSeconds: number): Step[] => [
      { sessionize: { gapSeconds, sticky: [] } },
      set("via", `'${name}'`),
      emit(name),
    ];
    const columns = ["session.start", "session.events", "via"];
    const pipeline = testPipeline({
      steps: [
        { branch: { when: "event.price > 1.0", steps: sessions("side", 10) } },
        {
          split: {
            cases: [
              {
                when: "event.price > 2.0",
                steps: [
                  { sessionize: { gapSeconds: 5, sticky: [] } },
                  { branch: { steps: [set("via", "'inner'"), emit("inner")] } },
                  { window: { sizeSeconds: 60, by: [], aggregates: [{ as: "session.events", kind: "count" }] } },
                  set("via", "'windows'"),
                  set("session.start", "event.window.start"),
                  emit("windows"),
                ],
              },
            ],
          },
        },
        ...sessions("main", 30),
      ],
      outputs: ["side", "main", "inner", "windows"].map((name) => output(name, columns, name !== "windows")),
    });
    const anyEvents = fc.array(
      fc.record({
        step: fc.nat({ max: 20 }),
        back: fc.nat({ max: 12 }),
        subject: fc.constantFrom("ann", "bob"),
        price: fc.nat({ max: 4 }),
      }),
      { maxLength: 40 },
    );
    const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), restart: fc.boolean() }), { minLength: 1 });
    const feed = (
      log: TestLog,
      events: readonly TestEvent[],
      frames: readonly { size: number; restart: boolean }[],
    ) => {
      let start = 0;
      for (let i = 0; start < events.length; i++) {
        const { size, restart } = frames[i % frames.length] ?? { size: 1, restart: false };
        log.frame(events.slice(start, start + size));
        if (restart) log.restart();
        start += size;
      }
    };
    fc.assert(
      fc.property(anyEvents, cuts, cuts, (parts, one, two) => {
        let now = 100;
        const events = parts.map(({ step, back, subject, price }, i) => ({
          id: `e${i}`,
          subject,
          time: ((now += step) - back) * 1000,
          values: { price },
        }));
        const [a, b] = [one, two].map((frames) => {
          const log = new TestLog([pipeline]);
          feed(log, events, frames);
          log.finish();
          return [log.rows, log.dead].map((rows) => rows.map((row) => JSON.stringify(row)).sort());
        });
        expect(b).toEqual(a);
        expect(a?.[0]?.filter((row) => row.includes('"inner"')).length).toBeGreaterThanOrEqual(
          a?.[0]?.filter((row) => row.includes('"windows"')).length ?? 0,
        );
        const log = new TestLog([pipeline]);
        feed(log, events, one);
        log.erase("ann");
        expect(JSON.stringify(log.engine.snapshot())).not.toContain("ann");
      }),
      { numRuns: 300 },
    );
  });
});
