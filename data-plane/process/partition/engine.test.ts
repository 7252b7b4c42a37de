import { describe, expect, it } from "vitest";
import { LANE, output, SESSIONS, testDeployment, testPipeline } from "../testkit/deployment.ts";
import { TestLog } from "../testkit/engine.ts";
import { testFrame } from "../testkit/frames.ts";

const PASS = testPipeline({
  id: "pass",
  steps: [{ emit: { output: "all" } }],
  outputs: [output("all", ["page.path"])],
});

const event = (id: string, subject = "s", time = 1000) => ({ id, subject, time });

describe("PartitionEngine", () => {
  it("drops what a client sent again, in the same frame, in another, and after a restart", () => {
    const log = new TestLog([PASS]);
    log.frame([event("a"), event("b"), event("a")], { at: 1_000_000 });
    log.restart();
    log.frame([event("b"), event("c")], { at: 1_000_000 + 119_000 });
    expect(log.rows.map(({ id }) => id)).toEqual(["src/a", "src/b", "src/c"]);
    expect(log.counts["duplicates"]).toBe(2);
  });

  it("forgets event ids after two generations of log time", () => {
    const log = new TestLog([PASS]);
    log.frame([event("a")], { at: 1_000_000 });
    log.frame([event("a")], { at: 1_000_000 + 240_000 });
    expect(log.rows).toHaveLength(2);
  });

  it("hashes long result ids", () => {
    const log = new TestLog([PASS]);
    log.frame([event("x".repeat(80))]);
    expect(String(log.rows[0]?.["id"])).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it("shows a pipeline only frames cut at or after its own revision", () => {
    const log = new TestLog([PASS, { ...PASS, id: "later", since: 2 }]);
    log.frame([event("a")], { revision: 1 });
    log.frame([event("b")], { revision: 2 });
    expect(log.messageIds).toEqual(["pass.all.0.1", "pass.all.0.2", "later.all.0.2"]);
  });

  it("keeps the state of unchanged pipelines over a deployment, and starts changed ones anew", () => {
    const changed = testPipeline({ id: "p2", steps: SESSIONS.definition.steps, outputs: SESSIONS.outputs });
    const log = new TestLog([SESSIONS, changed]);
    log.frame([event("a")]);
    expect(log.engine.open).toBe(2);
    const next = {
      ...changed,
      definition: { ...changed.definition, steps: [{ filter: { where: "true" } }, ...changed.definition.steps] },
    };
    log.engine.deploy(testDeployment([{ ...SESSIONS, version: 2, since: 2 }, next, PASS], { revision: 2 }), LANE);
    expect(log.engine.open).toBe(1);
    // an unchanged pipeline goes on seeing frames cut before it was published again
    log.frame([event("b")], { revision: 1 });
    log.finish();
    expect(log.rows.map((row) => row["session.events"])).toContain(2);
  });

  it("drops rows whose permission is gone, also those collected before", () => {
    const withdrawn = new Set<string>();
    const log = new TestLog([SESSIONS], {
      recheck: (subjectKey) => (withdrawn.has(subjectKey) ? "withdrawn" : undefined),
    });
    log.frame([event("a", "s"), event("b", "t")]);
    withdrawn.add("s");
    log.frame([event("c", "s"), event("d", "t")]);
    log.finish();
    expect(log.rows.map((row) => row["session.events"])).toEqual([2]);
    expect(log.counts["denied.withdrawn"]).toBe(2);
  });

  it("does not let one event from the future make the others late", () => {
    const log = new TestLog([SESSIONS]);
    log.frame([event("a", "s", 10_000_000), event("b", "t", 1_000_000)], { at: 1_000_000 });
    expect(log.dead).toEqual([]);
  });

  it("takes a frame without a column for nulls", () => {
    const log = new TestLog([PASS]);
    log.frame([event("a")]);
    expect(log.rows).toEqual([{ id: "src/a", "page.path": null }]);
  });

  it("cuts many rows into several messages that hold each row once", () => {
    const log = new TestLog([SESSIONS]);
    log.frame(Array.from({ length: 5000 }, (_, i) => event(`e${i}`, `s${i}`)));
    log.finish();
    expect(log.rows).toHaveLength(5000);
    expect(new Set(log.rows.map(({ id }) => id)).size).toBe(5000);
    expect(log.messageIds.length).toBeGreaterThan(4);
    expect(new Set(log.messageIds).size).toBe(log.messageIds.length);
  });

  it("makes the same messages again in a replay", () => {
    const frames = Array.from({ length: 20 }, (_, f) =>
      testFrame(Array.from({ length: 10 }, (_, i) => event(`${f}.${i}`, `s${i % 3}`, f * 20_000 + i))),
    );
    const results = () => {
      const log = new TestLog([SESSIONS, PASS]);
      return JSON.stringify(frames.map((frame, i) => log.engine.frame(i + 1, frame)));
    };
    expect(results()).toBe(results());
  });
});
