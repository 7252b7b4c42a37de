import type { Step } from "@o2mc/schema/pipeline/definition.ts";
import { describe, expect, it } from "vitest";
import { effectMessages } from "../worker/effect-messages.ts";
import { output, testDeployment, testPipeline, LANE } from "../testkit/deployment.ts";
import { TestLog } from "../testkit/engine.ts";
import { testFrame } from "../testkit/frames.ts";
import { PartitionEngine } from "./engine.ts";

const HUB_LIMIT = 1024 * 1024;
const DOUBLE: Step = { map: { set: [{ field: "text", expression: "event.text + event.text" }] } };
const START: Step = { map: { set: [{ field: "text", expression: "event.page.path" }] } };

const bomb = (doublings: number) =>
  testPipeline({
    steps: [START, ...Array.from({ length: doublings }, () => DOUBLE), { emit: { output: "all" } }],
    outputs: [output("all", ["text"])],
  });

const event = (id: string, path: string) => ({ id, subject: "s", time: 1000, values: { "page.path": path } });

describe("what a pipeline makes of a row", () => {
  it("text that doubles at each step ends as a dead letter at 64 Ki characters, its neighbours go on", () => {
    const log = new TestLog([bomb(60)]);
    log.frame([event("a", ""), event("b", "xx"), event("c", "")]);
    expect(log.rows.map(({ id }) => id)).toEqual(["src/a", "src/c"]);
    expect(log.dead).toMatchObject([{ code: "too-large", row: { "page.path": "xx" } }]);
  });

  it("text may be made up to that length", () => {
    const log = new TestLog([bomb(15)]);
    log.frame([event("a", "xx"), event("b", "xxx")]);
    expect(log.rows.map(({ text }) => String(text).length)).toEqual([65_536]);
    expect(log.dead).toMatchObject([{ code: "too-large", row: { "page.path": "xxx" } }]);
  });

  it("macros within macros end as a dead letter, their neighbours go on", () => {
    const expression = 'event.page.path.split("").exists(x, event.page.path.split("").exists(y, x + y == "?"))';
    const steps: readonly Step[] = [{ map: { set: [{ field: "loop", expression }] } }, { emit: { output: "all" } }];
    const log = new TestLog([testPipeline({ steps, outputs: [output("all", ["loop"])] })]);
    log.frame([event("a", "ab"), event("b", "a".repeat(200)), event("c", "a".repeat(2000)), event("d", "")]);
    expect(log.rows.map(({ id, loop }) => [id, loop])).toEqual([
      ["src/a", false],
      ["src/d", false],
    ]);
    expect(log.dead).toMatchObject([{ code: "too-large" }, { code: "too-large" }]);
  });

  // the hub refused such a message, and the worker sent it again and again, for ever
  it("a result row of more than a hub message takes is a dead letter; the rows beside it are delivered", () => {
    const names = Array.from({ length: 20 }, (_, i) => `t${i}`);
    const wide = testPipeline({
      steps: [
        { map: { set: names.map((field) => ({ field, expression: "event.page.path" })) } },
        { emit: { output: "all", fields: names } },
      ],
      outputs: [output("all", names)],
    });
    const large = "é".repeat(30_000);
    const frame = testFrame([event("a", "/"), event("b", large), event("c", "/"), event("d", large)]);
    const engine = new PartitionEngine({
      partition: 0,
      geoip: () => undefined,
      recheck: () => undefined,
      count: () => undefined,
    });
    engine.deploy(testDeployment([wide]), LANE);
    const messages = effectMessages("app", engine.frame(1, frame));
    for (const { data } of messages) expect(data.length).toBeLessThan(HUB_LIMIT);
    const log = new TestLog([wide]);
    log.frame([event("a", "/"), event("b", large), event("c", "/"), event("d", large)]);
    expect(log.rows.map(({ id }) => String(id)).toSorted()).toEqual(["src/a", "src/c"]);
    expect(log.dead.map(({ code, step }) => `${code} ${step}`)).toEqual(["too-large 2.emit", "too-large 2.emit"]);
    expect(log.dead[0]?.row["t0"]).toBe(large.slice(0, 256));
  });
});
