import { jetstream } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeKey } from "@o2mc/runtime/bucket.ts";
import { BUCKETS, checkpointKey, eventSubject } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "../../hub/connection.ts";
import type { TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";
import { startHubApi, type HubApi } from "../../test/hub-api.ts";

let running: HubApi;
let api: TestApi;
let tenant: Fixture;
let connection: TenantConnection;

beforeAll(async () => {
  running = await startHubApi();
  ({ api, tenant, connection } = running);
});

afterAll(() => running?.stop());

const QUERY = `query ($a: ID!) { laneHealth(application: $a) { lane partitions ownedPartitions lagFrames lagEvents lagSeconds
  events stateBytes stateBytesLimit refused reportedAt
  pipelines { pipeline steps { place verb in out dropped failed late refused nanosecondsPerRow keys bytes } } } }`;

const health = async (of = "one") =>
  api.ask(await api.issuer.token({ tenant: of, roles: ["analyst"] }), QUERY, { a: tenant.application });

const step = (place: string, rows: number, keys: number | null) => ({
  place,
  verb: "filter",
  in: rows,
  out: rows,
  dropped: 0,
  failed: 0,
  late: 1,
  refused: 0,
  nanoseconds: rows * 100,
  keys,
  bytes: 10,
});

async function report(rows: number): Promise<void> {
  const told = {
    v: 1,
    at: Date.now(),
    revision: 1,
    frames: 1,
    events: rows,
    lagMs: rows * 1000,
    state: { bytes: 10, limit: null, refused: 2 },
    pipelines: [{ pipeline: tenant.pipeline, steps: [step("1", rows, 1)] }],
  };
  const key = checkpointKey(tenant.application, "analytics", 0);
  await writeKey(connection.nc, BUCKETS.health, key, JSON.stringify(told));
}

test("a lane that nobody has worked on is there, and what waits in it", async () => {
  await jetstream(connection.nc).publish(eventSubject(tenant.application, "analytics", 0), "a frame");
  expect((await health()).get<object[]>("laneHealth")).toMatchObject([
    {
      lane: "analytics",
      ownedPartitions: 0,
      lagFrames: 1,
      lagEvents: 1,
      lagSeconds: 0,
      reportedAt: null,
      pipelines: [],
    },
  ]);
});

test("what the owner of a partition told is shown; what is no report is none", async () => {
  await report(30);
  expect((await health()).get<object[]>("laneHealth")).toMatchObject([
    {
      lagFrames: 1,
      lagEvents: 30,
      lagSeconds: 30,
      events: 30,
      refused: 2,
      pipelines: [
        { pipeline: tenant.pipeline, steps: [{ place: "1", verb: "filter", in: 30, nanosecondsPerRow: 100 }] },
      ],
    },
  ]);
  const key = checkpointKey(tenant.application, "analytics", 0);
  for (const nonsense of ["{", "null", "{}", '{"at":"x"}']) {
    await writeKey(connection.nc, BUCKETS.health, key, nonsense);
    expect((await health()).get<object[]>("laneHealth")).toMatchObject([{ events: 0, reportedAt: null }]);
  }
});

test("another tenant is told that there is no such application", async () => {
  await makeTenant(api, "two");
  expect((await health("two")).codes).toEqual(["NOT_FOUND"]);
});
