import { expect, it } from "vitest";
import type { StepHealth } from "@o2mc/schema/health/lane-health.ts";
import type { Step } from "@o2mc/schema/pipeline/definition.ts";
import { output, SESSIONS, testPipeline } from "../testkit/deployment.ts";
import { TestLog } from "../testkit/engine.ts";
import type { TestEvent } from "../testkit/frames.ts";

const event = (id: number, price: number, seconds = 1): TestEvent => ({
  id: `e${id}`,
  subject: `s${id}`,
  time: seconds * 1000,
  values: { price, "page.path": "/a", ip: price === 0.5 ? "broken" : "192.0.2.1" },
});

const health = (log: TestLog): Record<string, StepHealth> =>
  Object.fromEntries((log.engine.health()[0]?.steps ?? []).map((step) => [`${step.place}.${step.verb}`, step]));

const geoip = (address: string) => {
  if (address === "broken") throw new Error("a broken database");
  return { country: "NL", city: null, latitude: null, longitude: null };
};

const STEPS: readonly Step[] = [
  { filter: { where: "event.price > 0.0" } },
  { lookup: { geoip: { field: "ip", into: "place" } } },
  { branch: { when: "event.price > 2.0", steps: [{ drop: { fields: ["page.path"] } }, { emit: { output: "copy" } }] } },
  { split: { cases: [{ when: "event.price > 3.0", steps: [{ emit: { output: "dear" } }] }] } },
  { filter: { where: "event.place.country == 'NL' && event.price > 1.0" } },
  { emit: { output: "rest", fields: ["price"] } },
];

it("each step says what came, went on, was taken out and failed, whatever the frames", () => {
  // the look-up fails on 0.5, which shows where its value is asked for
  const events = [-1, 0.5, 1, 2, 3, 4].map((price, i) => event(i, price));
  const expected = {
    "1.filter": { in: 6, out: 5, dropped: 1, failed: 0 },
    "2.lookup": { in: 5, out: 5, failed: 1 },
    "3.branch": { in: 5, out: 5 },
    "3.1.drop": { in: 2, out: 2 },
    "3.2.emit": { in: 2, out: 2 },
    "4.split": { in: 5, out: 4, dropped: 0 },
    "4.case-1.1.emit": { in: 1, out: 1 },
    "5.filter": { in: 4, out: 2, dropped: 1 },
    "6.emit": { in: 2, out: 2 },
  };
  const outputs = [output("copy", ["price"]), output("dear", ["price"]), output("rest", ["price"])];
  for (const size of [6, 1, 4]) {
    const log = new TestLog([testPipeline({ steps: STEPS, outputs })], { geoip });
    for (let i = 0; i < events.length; i += size) log.frame(events.slice(i, i + size));
    expect(health(log)).toMatchObject(expected);
    expect(Object.keys(health(log))).toEqual(Object.keys(expected));
  }
});

it("a step that makes rows counts those that it makes, what it holds, and what comes late or finds no room", () => {
  const log = new TestLog([SESSIONS]);
  log.frame([event(1, 1), event(2, 1)]);
  expect(health(log)["1.sessionize"]).toMatchObject({ in: 2, out: 0, keys: 2 });
  expect(health(log)["1.sessionize"]?.bytes).toBeGreaterThan(0);
  log.frame([event(3, 1, 500), { ...event(1, 1), id: "late" }]);
  expect(health(log)["1.sessionize"]).toMatchObject({ in: 4, out: 2, late: 1, keys: 1 });
  expect(health(log)["2.emit"]).toMatchObject({ in: 2, out: 2 });

  const full = new TestLog([SESSIONS], { stateBytes: 1000 });
  full.frame(Array.from({ length: 50 }, (_, i) => event(i, 1)));
  const { keys, refused } = health(full)["1.sessionize"] as StepHealth;
  expect(refused).toBe(50 - (keys ?? 0));
  expect(full.dead).toHaveLength(1);
  expect(health(full)["1.sessionize"]?.failed).toBe(0);
});

it("counts go on when another pipeline is deployed, and time goes to the step that spends it", () => {
  let now = 0;
  const log = new TestLog([SESSIONS], { clock: () => ++now });
  log.frame([event(1, 1)]);
  log.deploy([SESSIONS, testPipeline({ id: "p2", steps: STEPS, outputs: [] })]);
  log.frame([event(2, 1)]);
  expect(health(log)["1.sessionize"]).toMatchObject({ in: 2, keys: 2 });
  expect(health(log)["1.sessionize"]?.nanoseconds).toBe(4e6);
  expect(health(log)["2.emit"]?.nanoseconds).toBe(0);
});
