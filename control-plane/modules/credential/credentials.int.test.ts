import { createLogger } from "@o2mc/runtime/log.ts";
import { connectWithCredential, connectWithCreds } from "@o2mc/runtime/nats.ts";
import { readKey } from "@o2mc/runtime/bucket.ts";
import type { TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import { directoryBucket, laneAccessKey, token, type DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { createCurve } from "@nats-io/nkeys";
import { connect as natsConnect, jwtAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../../e2e/testkit/nats-operator.ts";
import { SecretBox } from "../../db/secret.ts";
import { Hub } from "../../hub/hub.ts";
import { Dispatcher } from "../../publish/dispatcher.ts";
import { startApi, type TestApi } from "../../test/api.ts";
import { dispatched } from "../../test/dispatched.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";
import { tenantHub } from "../result/tenant-hub.ts";

const secrets = new SecretBox(Buffer.alloc(32, 7));
const log = createLogger("test", "silent");

let nats: NatsOperator;
let hub: Hub;
let api: TestApi;
let dispatcher: Dispatcher;
let platform: NatsConnection;
let one: Fixture;
let two: Fixture;
const open: NatsConnection[] = [];

beforeAll(async () => {
  nats = await startNatsOperator();
  hub = await Hub.connect(nats);
  for (const worker of nats.workers) await hub.serveWorker(worker);
  platform = await connectWithCreds({ url: nats.url, name: "test", credsFile: nats.platformCreds });
  api = await startApi({ hub: (orm, box) => tenantHub(orm, box, hub, log) });
  const { orm, url: databaseUrl } = api.database;
  dispatcher = new Dispatcher({ orm, secrets, hub, log, sealFor: createCurve().getPublicKey(), databaseUrl });
  dispatcher.start();
  one = await makeTenant(api, "one");
  two = await makeTenant(api, "two");
  await dispatched(api.database.orm);
});

afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  await dispatcher?.stop();
  await api?.stop();
  await platform?.close();
  await hub?.close();
  await nats?.stop();
});

const owner = (tenant: string) => api.issuer.token({ tenant, roles: ["owner"], sub: `owner of ${tenant}` });

async function credential(role: DataPlaneRole, key: string): Promise<TenantAccess> {
  const stored = await readKey(platform, directoryBucket(role), key);
  if (stored === undefined) throw new Error(`no user for ${key}`);
  return JSON.parse(new TextDecoder().decode(stored.value)) as TenantAccess;
}

async function connect(role: DataPlaneRole, access: TenantAccess): Promise<NatsConnection> {
  const options = { url: nats.url, name: role, inboxPrefix: `_INBOX_${role}` };
  const connection = await connectWithCredential(options, () => access);
  open.push(connection);
  return connection;
}

/** Once, and not again and again as the data plane tries. */
async function enter({ jwt, seed }: TenantAccess): Promise<void> {
  const authenticator = jwtAuthenticator(jwt, new TextEncoder().encode(seed));
  const connection = await natsConnect({ servers: nats.url, authenticator, reconnect: false });
  await connection.close();
}

async function putOut(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === "disconnect") return;
}

interface Listed {
  readonly role: string;
  readonly application: string | null;
  readonly lane: string | null;
  readonly issuedAt: string;
  readonly expiresAt: string;
}

async function list(tenant: string): Promise<readonly Listed[]> {
  const query = "{ hubCredentials { role application lane issuedAt expiresAt } }";
  return (await api.ask(await owner(tenant), query)).get<readonly Listed[]>("hubCredentials");
}

const REVOKE = `mutation ($role: DataPlaneRole!, $application: ID) { revokeCredentials(role: $role, application: $application) }`;

test("the users of one's own hub are listed, with what they open and until when, and no secret", async () => {
  const listed = await list("one");
  expect(listed.map(({ role, application, lane }) => [role, application, lane])).toEqual([
    ["EDGE", null, null],
    ["PROCESS", one.application, "analytics"],
    ["DELIVER", null, null],
  ]);
  for (const { issuedAt, expiresAt } of listed) {
    expect(Date.parse(issuedAt)).toBeLessThanOrEqual(Date.now());
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
  }
  expect(JSON.stringify(listed)).not.toContain(two.application);
});

test("a revocation puts out who is in with this role's users, and no other role, lane or tenant", async () => {
  const lane = laneAccessKey("one", one.application, "analytics");
  const stolen = await credential("process", lane);
  const thief = await connect("process", stolen);
  const others = [
    await connect("deliver", await credential("deliver", token("one"))),
    await connect("process", await credential("process", laneAccessKey("two", two.application, "analytics"))),
  ];
  const lost: string[] = [];
  for (const other of others) void putOut(other).then(() => lost.push("another's connection"));
  const out = putOut(thief);
  const answer = await api.ask(await owner("one"), REVOKE, { role: "PROCESS", application: one.application });
  expect(answer.codes).toEqual([]);
  await out;
  await dispatched(api.database.orm);
  await Promise.all(others.map((other) => other.flush()));
  expect(lost).toEqual([]);
  await expect(enter(stolen)).rejects.toThrow(/[Aa]uthor/);
  const renewed = await credential("process", lane);
  expect(renewed.jwt).not.toBe(stolen.jwt);
  await (await connect("process", renewed)).flush();
  const log = (await api.ask(await owner("one"), "{ auditLog(first: 5) { edges { node { action target } } } }")).text;
  expect(log).toContain("credentials.revoked");
});

test("edge's and deliver's users are revoked whole; process names its application", async () => {
  const stolen = await credential("edge", token("one"));
  await enter(stolen);
  const out = putOut(await connect("edge", stolen));
  expect((await api.ask(await owner("one"), REVOKE, { role: "EDGE" })).codes).toEqual([]);
  await out;
  await dispatched(api.database.orm);
  await expect(enter(stolen)).rejects.toThrow(/[Aa]uthor/);
  for (const wrong of [{ role: "PROCESS" }, { role: "EDGE", application: one.application }]) {
    expect((await api.ask(await owner("one"), REVOKE, wrong)).codes).toEqual(["INVALID_INPUT"]);
  }
});

test("nobody revokes another tenant's users", async () => {
  const before = await credential("process", laneAccessKey("one", one.application, "analytics"));
  const answer = await api.ask(await owner("two"), REVOKE, { role: "PROCESS", application: one.application });
  expect(answer.codes).toEqual(["NOT_FOUND"]);
  const [edge, own] = [await credential("edge", token("one")), await credential("edge", token("two"))];
  expect((await api.ask(await owner("two"), REVOKE, { role: "EDGE" })).codes).toEqual([]);
  await dispatched(api.database.orm);
  expect((await credential("edge", token("two"))).jwt).not.toBe(own.jwt);
  expect(await credential("process", laneAccessKey("one", one.application, "analytics"))).toEqual(before);
  expect(await credential("edge", token("one"))).toEqual(edge);
});
