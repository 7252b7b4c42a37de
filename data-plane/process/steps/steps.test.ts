import { createHmac } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import type { Step } from "@o2mc/schema/pipeline/definition.ts";
import { output, testPipeline } from "../testkit/deployment.ts";
import { TestLog } from "../testkit/engine.ts";
import { openGeoip } from "./lookup/geoip.ts";
import type { GeoLookup } from "./step.ts";

const DATA = join(process.env["O2MC_SHARED"] ?? join(import.meta.dirname, "../../../../shared"), "data");

function run(steps: Step[], columns: string[], rows: Record<string, Scalar>[], geoip?: GeoLookup): TestLog {
  const pipeline = testPipeline({ steps: [...steps, { emit: { output: "out" } }], outputs: [output("out", columns)] });
  const log = new TestLog([pipeline], geoip === undefined ? {} : { geoip });
  log.frame(rows.map((values, i) => ({ id: `e${i}`, subject: "s", time: 1000 + i, values })));
  return log;
}

const column = (log: TestLog, name: string) => log.rows.map((row) => row[name]);

describe("steps without state", () => {
  it("filter keeps what is true; row ids are source and event id", () => {
    const log = run(
      [{ filter: { where: "event.price > 1.0" } }],
      ["price"],
      [{ price: 2 }, { price: null }, { price: 1 }],
    );
    expect(log.rows).toEqual([{ id: "src/e0", price: 2 }]);
  });

  it("map sees the row as it was before the step", () => {
    const set = [
      { field: "price", expression: "event.price + 1.0" },
      { field: "old", expression: "event.price" },
      { field: "kind", expression: 'event["$type"] + pathSegment(event.page.path, 0)' },
    ];
    const log = run([{ map: { set } }], ["price", "old", "kind"], [{ price: 1, "page.path": "/a/b" }]);
    expect(log.rows).toEqual([{ id: "src/e0", price: 2, old: 1, kind: "viewa" }]);
  });

  it("drop and rename", () => {
    const log = run(
      [{ rename: { fields: [{ from: "page.path", to: "path" }] } }, { drop: { fields: ["price"] } }],
      ["path", "$time"],
      [{ price: 1, "page.path": "/a" }],
    );
    expect(log.rows).toEqual([{ id: "src/e0", path: "/a", $time: 1000 }]);
  });

  it.each<[Step, string, Scalar, Scalar]>([
    [
      { anonymize: { field: "ip", method: "hash" } },
      "ip",
      "x",
      createHmac("sha256", Buffer.alloc(32)).update("x").digest("hex"),
    ],
    [{ anonymize: { field: "ip", method: "mask", keep: 2 } }, "ip", "abcd", "**cd"],
    [{ anonymize: { field: "ip", method: "truncate" } }, "ip", "10.1.2.3", "10.1.2.0"],
    [{ anonymize: { field: "price", method: "generalise", step: 10 } }, "price", 47.5, 40],
    [{ anonymize: { field: "ip", method: "hash" } }, "ip", null, null],
  ])("%o", (step, field, value, result) => {
    expect(column(run([step], [field], [{ [field]: value }]), field)).toEqual([result]);
  });

  it("anonymize: another hash of the same value in each period of event time, and the same in a replay", () => {
    const WEEK = 7 * 24 * 3600_000;
    const monday = Date.UTC(2026, 0, 5);
    const hashes = (times: readonly number[]) => {
      const steps: Step[] = [
        { anonymize: { field: "ip", method: "hash", rotate: "week" } },
        { emit: { output: "out" } },
      ];
      const log = new TestLog([testPipeline({ steps, outputs: [output("out", ["ip"])] })]);
      log.frame(times.map((time, i) => ({ id: `${i}`, subject: "s", time, values: { ip: i === 4 ? null : "x" } })));
      return column(log, "ip");
    };
    const [first, last, next, other, none] = hashes([monday, monday + WEEK - 1, monday + WEEK, monday - 1, monday]);
    expect(last).toBe(first);
    expect(none).toBeNull();
    expect(new Set([first, next, other]).size).toBe(3);
    const key = createHmac("sha256", Buffer.alloc(32)).update(Uint8Array.of(0xff)).update(`week ${monday}`).digest();
    expect(first).toBe(createHmac("sha256", key).update("x").digest("hex"));
    expect(hashes([monday + WEEK, monday])).toEqual([next, first]);
  });

  it("anonymize: a time to the beginning of its day where the clocks are, and its month", () => {
    const at = Date.UTC(2026, 0, 31, 23, 30);
    const to = (unit: "hour" | "day" | "month" | "year", zone?: string) => {
      const step: Step = { anonymize: { field: "$time", method: "generalise", to: unit, ...(zone && { zone }) } };
      const log = new TestLog([
        testPipeline({ steps: [step, { emit: { output: "out" } }], outputs: [output("out", ["$time"])] }),
      ]);
      log.frame([{ id: "a", subject: "s", time: at }]);
      return new Date(Number(log.rows[0]?.["$time"])).toISOString();
    };
    expect(to("hour")).toBe("2026-01-31T23:00:00.000Z");
    expect(to("day")).toBe("2026-01-31T00:00:00.000Z");
    expect(to("day", "Europe/Amsterdam")).toBe("2026-01-31T23:00:00.000Z");
    expect(to("month", "Europe/Amsterdam")).toBe("2026-01-31T23:00:00.000Z");
    expect(to("month")).toBe("2026-01-01T00:00:00.000Z");
    expect(to("year", "Europe/Amsterdam")).toBe("2025-12-31T23:00:00.000Z");
  });

  it("lookup finds places in MaxMind's test database", async () => {
    const geoip = await openGeoip(join(DATA, "GeoIP2-City-Test.mmdb"));
    const step: Step = { lookup: { geoip: { field: "ip", into: "geo" } } };
    const columns = ["geo.country", "geo.city", "geo.latitude", "geo.longitude"];
    const log = run(
      [step],
      columns,
      [{ ip: "81.2.69.142" }, { ip: "127.0.0.1" }, { ip: "no address" }, { ip: null }],
      geoip,
    );
    expect(log.rows[0]).toMatchObject({ "geo.country": "GB", "geo.city": "London", "geo.latitude": 51.5142 });
    for (const row of log.rows.slice(1)) expect(columns.map((name) => row[name])).toEqual([null, null, null, null]);
    expect(log.rows).toHaveLength(4);
  });

  it("a row that makes a step throw goes to the dead letters, its neighbours go on", () => {
    const geoip: GeoLookup = (address) => {
      if (address === "bad") throw new Error("corrupt database");
      return undefined;
    };
    const step: Step = { lookup: { geoip: { field: "ip", into: "geo" } } };
    const log = run([step], ["ip", "geo.city"], [{ ip: "1" }, { ip: "bad" }, { ip: "2" }], geoip);
    expect(column(log, "ip")).toEqual(["1", "2"]);
    expect(log.dead).toMatchObject([{ code: "step-failed", step: "1.lookup", row: { ip: "bad" } }]);
  });

  it("refuses a corrupt geo database or answers from it, but never crashes", async () => {
    const file = join(DATA, "GeoIP2-City-Test-Invalid-Node-Count.mmdb");
    const outcome = await openGeoip(file).then(
      (geoip) => run([{ lookup: { geoip: { field: "ip", into: "geo" } } }], ["ip"], [{ ip: "81.2.69.142" }], geoip),
      (error: unknown) => error,
    );
    if (outcome instanceof TestLog) expect(outcome.rows.length + outcome.dead.length).toBe(1);
    else expect(outcome).toBeInstanceOf(Error);
  });
});
