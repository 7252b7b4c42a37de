import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { PermissionViolationError, type NatsConnection } from "@nats-io/transport-node";
import { startNatsOperator, type NatsOperator } from "../../e2e/testkit/nats-operator.ts";
import { connectWithCreds, connectWithJwt } from "@o2mc/runtime/nats.ts";
import type { Deployment, TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import {
  BUCKETS,
  directoryBucket,
  eventSubject,
  PARTITION_GROUP,
  partitionConsumer,
  type DataPlaneRole,
} from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newTenantAccount } from "./accounts.ts";
import type { TenantConnection } from "./connection.ts";
import { ensureConsumers, removeConsumers } from "./consumers.ts";
import { Hub } from "./hub.ts";
import { directoryPermissions } from "./permissions.ts";

let server: NatsOperator;
let hub: Hub;
const tenants = new Map<string, TenantConnection>();
const open: NatsConnection[] = [];

beforeAll(async () => {
  server = await startNatsOperator();
  hub = await Hub.connect(server);
  for (const tenant of ["a", "b"]) tenants.set(tenant, await hub.ensureTenant(tenant, newTenantAccount()));
});

afterAll(async () => {
  await Promise.all(open.map((nc) => nc.close()));
  await hub?.close();
  await server?.stop();
});

async function directory(role: DataPlaneRole): Promise<NatsConnection> {
  const credsFile = await server.platformUser(role, directoryPermissions(role));
  const nc = await connectWithCreds({ url: server.url, name: role, inboxPrefix: `_INBOX_${role}`, credsFile });
  open.push(nc);
  return nc;
}

async function access(tenant: string, role: DataPlaneRole): Promise<TenantAccess> {
  const bucket = await new Kvm(await directory(role)).open(directoryBucket(role));
  const entry = await bucket.get(tenant);
  if (entry === null) throw new Error("no access");
  return entry.json<TenantAccess>();
}

async function connectRole(tenant: string, role: DataPlaneRole): Promise<NatsConnection> {
  const { jwt, seed } = await access(tenant, role);
  const nc = await connectWithJwt({ url: server.url, name: role, inboxPrefix: `_INBOX_${role}`, jwt, seed });
  open.push(nc);
  return nc;
}

function control(tenant: string): TenantConnection {
  const connection = tenants.get(tenant);
  if (connection === undefined) throw new Error("no such tenant");
  return connection;
}

const deployment = (over: Partial<Deployment> = {}): Deployment => ({
  formatVersion: 1,
  tenant: "a",
  application: "app",
  revision: 1,
  policy: { version: 1, purposes: [], fields: [] },
  sources: [],
  lanes: [{ id: "analytics", purposes: ["analytics"], partitions: 2, fields: [] }],
  pipelines: [],
  deliveries: [{ id: "delivery", pipeline: "p", output: "o", destination: "d" }],
  subjectSalt: "00",
  ...over,
});

const refused = { timeout: 2_000 };

/** What the server refuses to let a user publish fails the request with a permission violation. */
async function expectRefused(nc: NatsConnection, subject: string, payload = ""): Promise<void> {
  await expect(nc.request(subject, payload, refused), subject).rejects.toSatisfy(
    (error: unknown) =>
      error instanceof PermissionViolationError ||
      (error instanceof Error && error.cause instanceof PermissionViolationError),
  );
}

test("a role reads its own directory and no other", async () => {
  const nc = await directory("edge");
  expect(await access("a", "edge")).toMatchObject({ tenant: "a" });
  await expectRefused(nc, `$JS.API.DIRECT.GET.KV_${directoryBucket("process")}.$KV.${directoryBucket("process")}.a`);
  await expectRefused(nc, `$KV.${directoryBucket("edge")}.a`, "{}");
});

test("tenant a's users see nothing of tenant b", async () => {
  const app = "shared-name";
  await control("b").deployments.put(app, "b's");
  const nc = await connectRole("a", "edge");
  const deployments = await new Kvm(nc).open(BUCKETS.deployments);
  expect(await deployments.get(app)).toBeNull();
  const consent = await new Kvm(nc).open(BUCKETS.consent);
  await consent.put(`${app}.subject`, "a's");
  expect(await control("b").consent.get(`${app}.subject`)).toBeNull();
});

test("another tenant's account is not administered by a role's user", async () => {
  const nc = await connectRole("a", "process");
  await expectRefused(nc, "$SYS.REQ.CLAIMS.UPDATE", "x");
});

test("process pulls and acknowledges its partitions, and can do nothing else to the streams", async () => {
  const { jsm, nc: own } = control("a");
  await ensureConsumers(jsm, deployment());
  await jetstream(own).publish(eventSubject("app", "analytics", 1), "frame", { msgID: "1" });

  const nc = await connectRole("a", "process");
  const consumer = await jetstream(nc).consumers.get("EVENTS", partitionConsumer("app", "analytics", 1));
  const messages = await consumer.consume({ group: PARTITION_GROUP });
  for await (const message of messages) {
    expect(message.string()).toBe("frame");
    await message.ackAck();
    break;
  }
  expect((await jsm.streams.info("EVENTS")).state.messages).toBe(0);

  const mirror = JSON.stringify({ name: "COPY", mirror: { name: "EVENTS" }, storage: "file" });
  await expectRefused(nc, "$JS.API.STREAM.CREATE.COPY", mirror);
  await expectRefused(nc, "$JS.API.STREAM.UPDATE.EVENTS", "{}");
  await expectRefused(nc, "$JS.API.STREAM.DELETE.EVENTS");
  await expectRefused(nc, "$JS.API.STREAM.PURGE.EVENTS");
  await expectRefused(nc, "$JS.API.STREAM.SNAPSHOT.EVENTS", "{}");
  await expectRefused(nc, "$JS.API.STREAM.MSG.GET.EVENTS", '{"seq":1}');
  await expectRefused(nc, "$JS.API.DIRECT.GET.EVENTS", '{"seq":1}');
  await expectRefused(nc, "$JS.API.CONSUMER.CREATE.EVENTS.x", "{}");
  await expectRefused(nc, "$JS.API.CONSUMER.MSG.NEXT.RESULTS.d-delivery", "1");
  await expectRefused(nc, eventSubject("app", "analytics", 1), "forged");
  await expectRefused(nc, `$KV.${BUCKETS.consent}.app.subject`, "{}");
  await expectRefused(nc, `$JS.API.DIRECT.GET.KV_${BUCKETS.destinations}.$KV.${BUCKETS.destinations}.d`);
});

test.each<[DataPlaneRole, string[]]>([
  ["process", ["_INBOX_edge.>", "_INBOX.>", ">", "ev.>", "live.out.>", "$KV.consent.>"]],
  ["edge", ["_INBOX_process.>", "ev.>", "out.>"]],
  ["deliver", ["_INBOX_process.>", "live.out.>", "dead.>"]],
])("%s hears no foreign inbox and no traffic", async (role, subjects) => {
  const nc = await connectRole("a", role);
  for (const subject of subjects) {
    const refusal = new Promise((resolve) => {
      nc.subscribe(subject, { callback: (error) => resolve(error) });
    });
    expect(await refusal, subject).toBeInstanceOf(PermissionViolationError);
  }
});

test("every role can watch what it reads", async () => {
  for (const [role, bucket] of [
    ["edge", BUCKETS.deployments],
    ["process", BUCKETS.consent],
    ["deliver", BUCKETS.destinations],
  ] as const) {
    const watch = await (await new Kvm(await connectRole("a", role)).open(bucket)).watch();
    const owner = await new Kvm(control("a").nc).open(bucket);
    await owner.put("some.key", "value");
    for await (const entry of watch) {
      if (entry.key !== "some.key") continue;
      expect(entry.string()).toBe("value");
      break;
    }
  }
});

test("only edge publishes events, only deliver pulls results", async () => {
  const edge = await connectRole("a", "edge");
  const published = await jetstream(edge).publish(eventSubject("app", "analytics", 0), "frame", { msgID: "2" });
  expect(published.stream).toBe("EVENTS");
  await expectRefused(edge, "out.app.p.o", "forged");
  await expectRefused(edge, "$JS.API.CONSUMER.MSG.NEXT.EVENTS.p-app-analytics-0", "1");

  const process = await connectRole("a", "process");
  await jetstream(process).publish("out.app.p.o", "rows", { msgID: "r1" });
  const deliver = await connectRole("a", "deliver");
  const message = await (await jetstream(deliver).consumers.get("RESULTS", "d-delivery")).next();
  expect(message?.string()).toBe("rows");
  await message?.ackAck();
  await expectRefused(deliver, "$JS.API.DIRECT.GET.RESULTS", '{"seq":1}');
});

test("what a deployment no longer has goes, and a dropped lane's frames with it", async () => {
  const { jsm } = control("a");
  await removeConsumers(jsm, deployment({ lanes: [], deliveries: [] }));
  const names = [];
  for await (const consumer of jsm.consumers.list("EVENTS")) names.push(consumer.name);
  for await (const consumer of jsm.consumers.list("RESULTS")) names.push(consumer.name);
  expect(names).toEqual(["window"]);
  expect((await jsm.streams.info("EVENTS")).state.messages).toBe(0);
});

test("ensuring a tenant again changes nothing for its users", async () => {
  const before = await access("a", "process");
  const account = newTenantAccount();
  await hub.ensureTenant("c", account);
  const first = await access("c", "edge");
  await hub.ensureTenant("c", account);
  expect(await access("c", "edge")).toEqual(first);
  expect(await access("a", "process")).toEqual(before);
  const manager = await jetstreamManager((await hub.tenant("c", account.seed)).nc);
  expect((await manager.streams.info("EVENTS")).config).toMatchObject({ retention: "workqueue", discard: "new" });
});
