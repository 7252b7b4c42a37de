import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { createCurve } from "@nats-io/nkeys";
import { readKey } from "@o2mc/runtime/bucket.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { connectWithCreds } from "@o2mc/runtime/nats.ts";
import { directoryBucket, laneAccessKey } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../e2e/testkit/nats-operator.ts";
import { WorkerRow } from "../db/entities/worker.ts";
import { asDispatcher, inTenant } from "../db/orm.ts";
import { SecretBox } from "../db/secret.ts";
import { Hub } from "../hub/hub.ts";
import type { WorkerScope } from "../hub/worker.ts";
import { tenantHub } from "../modules/result/tenant-hub.ts";
import { Dispatcher } from "../publish/dispatcher.ts";
import { startApi, type TestApi } from "../test/api.ts";
import { makeTenant, type Fixture } from "../test/fixture.ts";
import { enrolWorker } from "./enrol.ts";
import { revokeWorker } from "./revoke.ts";

const secrets = new SecretBox(Buffer.alloc(32, 7));
const log = createLogger("workers-test", "silent");
const WAIT_MS = 20_000;

let server: NatsOperator;
let hub: Hub;
let api: TestApi;
let dispatcher: Dispatcher;
let platform: NatsConnection;
let one: Fixture;
let two: Fixture;
const open: NatsConnection[] = [];

beforeAll(async () => {
  server = await startNatsOperator();
  hub = await Hub.connect(server);
  platform = await connectWithCreds({ url: server.url, name: "test", credsFile: server.platformCreds });
  api = await startApi({ hub: (orm, box) => tenantHub(orm, box, hub, log) });
  one = await makeTenant(api, "one");
  two = await makeTenant(api, "two");
  dispatcher = startDispatcher(hub);
});

afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  await dispatcher?.stop();
  await api?.stop();
  await platform?.close();
  await hub?.close();
  await server?.stop();
});

function startDispatcher(of: Hub): Dispatcher {
  const { orm, url } = api.database;
  const started = new Dispatcher({
    orm,
    secrets,
    hub: of,
    log,
    sealFor: createCurve().getPublicKey(),
    databaseUrl: url,
  });
  started.start();
  return started;
}

const enrol = (name: string, scope: readonly WorkerScope[] | null, role: "edge" | "process" = "process") =>
  enrolWorker(api.database.orm, secrets, { name, role, scope });

async function enter(creds: string): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
  const nc = await connect({ servers: server.url, authenticator, reconnect: false });
  open.push(nc);
  return nc;
}

const has = async (worker: string, key: string): Promise<boolean> =>
  (await readKey(platform, directoryBucket(worker), key).catch(() => undefined)) !== undefined;

async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await new Promise((later) => setTimeout(later, 50));
}

const laneOf = ({ application }: Fixture, tenant: string): string => laneAccessKey(tenant, application, "analytics");

test("who is enrolled gets in, and finds what the enrolment names; hubCredentials names the worker, of one's own tenant only", async () => {
  const scope = [{ tenant: "one", lanes: [`${one.application}/analytics`] }];
  const creds = await enrol("first", scope);
  await enrol("all", null);
  await until(async () => (await has("first", laneOf(one, "one"))) && (await has("all", laneOf(two, "two"))));
  await enter(creds);
  expect(await has("first", laneOf(two, "two"))).toBe(false);
  const listed = async (tenant: string): Promise<readonly { worker: string }[]> => {
    const owner = await api.issuer.token({ tenant, roles: ["owner"], sub: `owner of ${tenant}` });
    return (await api.ask(owner, "{ hubCredentials { worker } }")).get("hubCredentials");
  };
  expect((await listed("one")).map(({ worker }) => worker).sort()).toEqual(["all", "first"]);
  expect(await listed("two")).toEqual([{ worker: "all" }]);
});

test("revoke waits until the hub has put the worker out; others stay; its name does not come back", async () => {
  const creds = await enrol("gone", [{ tenant: "one" }]);
  const other = await enrol("stays", [{ tenant: "one" }]);
  await until(async () => (await has("gone", laneOf(one, "one"))) && (await has("stays", laneOf(one, "one"))));
  const [inside, stays] = [await enter(creds), await enter(other)];
  expect(await revokeWorker(api.database.orm, "gone", WAIT_MS)).toBe(true);
  await inside.closed();
  await expect(enter(creds)).rejects.toThrow(/[Aa]uthor/);
  await stays.flush();
  await expect(enrol("gone", [{ tenant: "one" }])).rejects.toThrow("never comes back");
  expect(await revokeWorker(api.database.orm, "gone", 0)).toBe(true);
});

test("a revocation while no control plane runs is told as that, and made good by the next one", async () => {
  const creds = await enrol("late", null);
  await until(() => has("late", laneOf(two, "two")));
  await dispatcher.stop();
  await hub.close();
  expect(await revokeWorker(api.database.orm, "late", 300)).toBe(false);
  const inside = await enter(creds);
  hub = await Hub.connect(server);
  dispatcher = startDispatcher(hub);
  expect(await revokeWorker(api.database.orm, "late", WAIT_MS)).toBe(true);
  await inside.closed();
  await expect(enter(creds)).rejects.toThrow(/[Aa]uthor/);
});

test("an enrolment that cannot be is refused with a sentence; the same one again gives another file", async () => {
  for (const [name, role, scope, sentence] of [
    ["Not A Name", "process", null, "lower-case"],
    ["x.>", "process", null, "lower-case"],
    ["x", "process", [{ tenant: "nobody" }], "no tenant nobody"],
    ["x", "process", [], "one tenant"],
    ["x", "process", [{ tenant: "one", lanes: ["a.>/b"] }], "APPLICATION/LANE"],
    ["x", "edge", [{ tenant: "one", lanes: ["a/b"] }], "Lanes are for process"],
    ["first", "process", null, "enrolled already"],
  ] as const) {
    await expect(enrol(name, scope, role)).rejects.toThrow(sentence);
  }
  await expect(revokeWorker(api.database.orm, "nobody", 0)).rejects.toThrow("There is no worker");
  const again = await enrol("all", null);
  await enter(again);
});

test("no tenant sees or changes a worker, not even with the database's own role", async () => {
  const seen = await inTenant(api.database.orm, "one", async (em) => [
    await em.count(WorkerRow),
    await em.nativeUpdate(WorkerRow, { name: "all" }, { endedAt: new Date() }),
  ]);
  expect(seen).toEqual([0, 0]);
  const row = await asDispatcher(api.database.orm, (em) => em.findOneOrFail(WorkerRow, { name: "all" }));
  expect(row.endedAt).toBeNull();
  expect(row.accountSeed).toMatch(/^s1\./);
});
