import { afterAll, beforeAll, expect, test } from "vitest";
import { createLogger } from "@o2mc/runtime/log.ts";
import { Monitor } from "../../alerts/monitor.ts";
import type { PartitionState } from "../../hub/lane-health.ts";
import { startApi, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";

let api: TestApi;
let tenant: Fixture;
let partition: PartitionState = { partition: 0, owned: false, waiting: 5, delivered: 1, report: undefined };
let monitor: Monitor;

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
  await makeTenant(api, "two");
  monitor = newMonitor();
});

function newMonitor(): Monitor {
  const lane = { id: "analytics", purposes: ["analytics"], partitions: 1, fields: [] };
  return new Monitor({
    orm: api.database.orm,
    log: createLogger("test", "silent"),
    hub: {
      laneStates: (of) => Promise.resolve(of === "one" ? [{ lane, partitions: [partition] }] : []),
      keysUsedAt: () => Promise.resolve(new Map()),
    },
  });
}

afterAll(() => api?.stop());

interface Listed {
  readonly id: string;
}

const ALERTS = "query ($a: ID!) { alerts(application: $a) { id kind target endedAt acknowledgedAt acknowledgedBy } }";
const ACKNOWLEDGE = "mutation ($x: ID!) { acknowledgeAlert(alert: $x) { acknowledgedBy endedAt } }";
const as = (role: "analyst" | "developer" | "owner", of = "one") =>
  api.issuer.token({ tenant: of, roles: [role], sub: role });
const alerts = async () =>
  (await api.ask(await as("analyst"), ALERTS, { a: tenant.application })).get<Listed[]>("alerts");

test("a stalled lane raises one alert, which somebody takes and which ends by itself", async () => {
  const now = Date.now();
  await monitor.look(now);
  expect(await alerts()).toEqual([]);
  for (const seconds of [31, 41]) await monitor.look(now + seconds * 1000);
  const [alert, ...more] = await alerts();
  expect(more).toEqual([]);
  expect(alert).toMatchObject({ kind: "lane-stalled", target: "analytics", endedAt: null, acknowledgedAt: null });

  const taken = await api.ask(await as("developer"), ACKNOWLEDGE, { x: alert?.id });
  expect(taken.get("acknowledgeAlert")).toMatchObject({ endedAt: null });
  const log = await api.ask(await as("owner"), `{ auditLog(first: 5) { edges { node { action target } } } }`);
  expect(log.text).toContain(`{"action":"alert.acknowledged","target":"${alert?.id}"}`);

  // a control plane that has just started knows nothing of its past, and so does not end it
  await newMonitor().look(now + 45_000);
  expect(await alerts()).toMatchObject([{ endedAt: null }]);

  partition = { ...partition, waiting: 0, delivered: 6 };
  await monitor.look(now + 51_000);
  expect(await alerts()).toMatchObject([{ id: alert?.id, endedAt: expect.any(String) as string }]);
});

test("another tenant neither sees nor takes it", async () => {
  const [alert] = await alerts();
  const foreigner = await as("developer", "two");
  expect((await api.ask(foreigner, ALERTS, { a: tenant.application })).codes).toEqual(["NOT_FOUND"]);
  expect((await api.ask(foreigner, ACKNOWLEDGE, { x: alert?.id })).codes).toEqual(["NOT_FOUND"]);
});
