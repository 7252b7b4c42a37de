import { decode } from "@nats-io/jwt";
import { jetstream } from "@nats-io/jetstream";
import { createInbox, headers, PermissionViolationError, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { startNatsOperator, type NatsOperator } from "../../e2e/testkit/nats-operator.ts";
import { lastMessage, readKey, writeKey } from "@o2mc/runtime/bucket.ts";
import { apiPrefix, jetStreamOf } from "@o2mc/runtime/jetstream.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { connectWithCreds, connectWithCredential } from "@o2mc/runtime/nats.ts";
import { watchBucket } from "@o2mc/runtime/watch-bucket.ts";
import type { DeployedPipeline, Deployment, TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import {
  BUCKETS,
  deliveryErasureSubject,
  directoryBucket,
  erasureSubject,
  eventSubject,
  HUB_API,
  laneAccessKey,
  laneKey,
  partitionConsumer,
  type DataPlaneRole,
  DESTINATION_TESTS,
  destinationTestAnswer,
  bucketSubject,
} from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { putDeployment, type LaneDoors } from "../publish/put-deployment.ts";
import { newTenantAccount } from "./accounts.ts";
import type { TenantConnection } from "./connection.ts";
import { destinationProblem } from "./destination-problem.ts";
import { Hub } from "./hub.ts";

const log = createLogger("grants-test", "silent");
const ACCOUNTS = { a: newTenantAccount(), b: newTenantAccount() };

let server: NatsOperator;
let hub: Hub;
const tenants = new Map<string, TenantConnection>();
const open: NatsConnection[] = [];

beforeAll(async () => {
  server = await startNatsOperator();
  hub = await Hub.connect(server);
  for (const worker of server.workers) await hub.serveWorker(worker);
  for (const tenant of ["a", "b"] as const) {
    tenants.set(tenant, await hub.ensureTenant(tenant, ACCOUNTS[tenant]));
    await publish(deployment({ tenant }));
  }
});

afterAll(async () => {
  await Promise.all(open.map((nc) => nc.close()));
  await hub?.close();
  await server?.stop();
});

const pipeline = (id: string, lane: string): DeployedPipeline => ({
  id,
  name: id,
  version: 1,
  since: 1,
  lane,
  definition: { purposes: [lane], steps: [] } as unknown as DeployedPipeline["definition"],
  outputs: [],
});

const lane = (id: string) => ({ id, purposes: [id], partitions: 2, fields: [] });

const deployment = (over: Partial<Deployment> = {}): Deployment => ({
  formatVersion: 1,
  tenant: "a",
  application: "app",
  revision: 1,
  policy: { version: 1, purposes: [], fields: [] },
  sources: [],
  lanes: [lane("analytics"), lane("analytics+marketing")],
  pipelines: [pipeline("p1", "analytics"), pipeline("p2", "analytics+marketing")],
  deliveries: [{ id: "delivery", pipeline: "p1", output: "o", destination: "d" }],
  subjectSalt: "00",
  ...over,
});

function control(tenant: string): TenantConnection {
  const connection = tenants.get(tenant);
  if (connection === undefined) throw new Error("no such tenant");
  return connection;
}

async function publish(wanted: Deployment): Promise<void> {
  const account = ACCOUNTS[wanted.tenant as "a" | "b"];
  const doors: LaneDoors = {
    openLanes: (document) => hub.openLanes(account, document),
    closeLanes: (document) => hub.closeLanes(account, { tenant: wanted.tenant, ...document }),
  };
  await putDeployment(control(wanted.tenant), wanted, doors);
}

async function directory(role: DataPlaneRole): Promise<NatsConnection> {
  const credsFile = server.directoryCreds[role];
  const nc = await connectWithCreds({
    url: server.url,
    name: role,
    inboxPrefix: `_INBOX_${role}`,
    credsFile,
    api: HUB_API,
  });
  open.push(nc);
  return nc;
}

/** As the worker follows it that is named for its role. */
async function access(role: DataPlaneRole, key: string): Promise<TenantAccess> {
  const nc = await directory(role);
  return new Promise((done) => {
    const watch = watchBucket(
      nc,
      directoryBucket(role),
      {
        put: (name, value) => {
          if (name !== key) return;
          done(JSON.parse(new TextDecoder().decode(value)) as TenantAccess);
          queueMicrotask(() => watch.stop());
        },
        gone: () => undefined,
        complete: () => undefined,
        stale: () => undefined,
      },
      log,
    );
  });
}

async function connect(role: DataPlaneRole, current: () => TenantAccess): Promise<NatsConnection> {
  const nc = await connectWithCredential({ url: server.url, name: role, inboxPrefix: `_INBOX_${role}` }, current);
  open.push(nc);
  return nc;
}

async function connectRole(tenant: string, role: "edge" | "deliver"): Promise<NatsConnection> {
  const found = await access(role, tenant);
  return connect(role, () => found);
}

async function connectLane(tenant: string, id: string): Promise<NatsConnection> {
  const found = await access("process", laneAccessKey(tenant, "app", id));
  return connect("process", () => found);
}

/** What is pulled comes under its own subject, not under the inbox's. */
function pull(nc: NatsConnection, consumer: string): Promise<Msg> {
  const inbox = createInbox("_INBOX_process");
  return new Promise((done) => {
    nc.subscribe(inbox, { max: 1, callback: (_, message) => done(message) });
    nc.publish(
      `${apiPrefix(nc)}.CONSUMER.MSG.NEXT.EVENTS.${consumer}`,
      '{"batch":1,"expires":1000000000,"group":"owner"}',
      {
        reply: inbox,
      },
    );
  });
}

/** Nobody answers, or the server refuses to send it. */
async function expectNothing(nc: NatsConnection, subject: string, payload = ""): Promise<void> {
  const answer = await nc.request(subject, payload, { timeout: 500 }).then(
    (message) => message.string(),
    () => undefined,
  );
  expect(answer, subject).toBeUndefined();
}

test("a role reads its own directory and no other", async () => {
  const nc = await directory("edge");
  expect(await readKey(nc, directoryBucket("edge"), "a").catch(() => "refused")).toBe("refused");
  expect(await access("edge", "a")).toMatchObject({ tenant: "a" });
  await expectNothing(nc, `hub.DIRECT.GET.KV_${directoryBucket("process")}`, '{"seq":1}');
  await expectNothing(nc, `$KV.${directoryBucket("edge")}.a`, "{}");
});

test("only a tenant's own deliver hears what is to be tested, and only it can answer", async () => {
  const id = "an-id-of-a-test-that-is-long";
  const heard: string[] = [];
  const answers: string[] = [];
  const { nc: asker } = control("a");
  for (const [tenant, nc] of [
    ["a", asker],
    ["b", control("b").nc],
  ] as const) {
    nc.subscribe(destinationTestAnswer(id), {
      callback: (_, { data }) => void answers.push(`${tenant} ${data.length}`),
    });
    await nc.flush();
  }
  const users = {
    deliver: await connectRole("a", "deliver"),
    foreign: await connectRole("b", "deliver"),
    edge: await connectRole("a", "edge"),
    lane: await connectLane("a", "analytics"),
  };
  for (const [name, nc] of Object.entries(users)) {
    nc.subscribe(DESTINATION_TESTS, { callback: (error) => void (error === null && heard.push(name)) });
    await nc.flush();
  }
  asker.publish(DESTINATION_TESTS, "?");
  await asker.flush();
  await expect.poll(() => heard).toEqual(["deliver"]);
  // each as long as its place in the list
  const lengths = { edge: 1, lane: 2, foreign: 3, deliver: 4 };
  for (const [name, length] of Object.entries(lengths)) {
    const nc = users[name as keyof typeof users];
    nc.publish(destinationTestAnswer(id), "x".repeat(length));
    await nc.flush();
  }
  // in another tenant's account it is another tenant's
  await expect.poll(() => answers.toSorted()).toEqual(["a 4", "b 3"]);
  expect(heard).toEqual(["deliver"]);
});

test("deliver says where it cannot begin, and nobody else does", async () => {
  const key = bucketSubject(BUCKETS.destinationProblems, "dst-1");
  const problem = JSON.stringify({ v: 1, code: "log-in", message: "No.", since: 1 });
  for (const nc of [await connectRole("a", "edge"), await connectLane("a", "analytics")]) {
    await expectNothing(nc, key, problem);
  }
  await connectRole("b", "deliver").then((nc) => writeKey(nc, BUCKETS.destinationProblems, "dst-1", problem));
  expect(await destinationProblem(control("a"), "dst-1")).toBeNull();
  await connectRole("a", "deliver").then((nc) => writeKey(nc, BUCKETS.destinationProblems, "dst-1", problem));
  expect(await destinationProblem(control("a"), "dst-1")).toMatchObject({ code: "log-in", message: "No." });
});

test("tenant a's users see nothing of tenant b", async () => {
  const [a, b] = [await connectRole("a", "edge"), control("b")];
  await jetStreamOf(a).publish(`$KV.${BUCKETS.consent}.app.subject`, "a's");
  expect((await control("a").consent.get("app.subject"))?.string()).toBe("a's");
  expect(await b.consent.get("app.subject")).toBeNull();
});

test("a lane's user of tenant b asks for a's by the same names, and gets and changes b's", async () => {
  const key = `${laneKey("app", "analytics")}.0`;
  await control("a").jsm.streams.purge("KV_" + BUCKETS.checkpointHeads);
  await writeKey(control("a").nc, BUCKETS.checkpointHeads, key, "a's");
  const events = jetstream(control("a").nc);
  await events.publish(eventSubject("app", "analytics", 0), "a's event");
  const thief = await connectLane("b", "analytics");
  expect(await readKey(thief, BUCKETS.checkpointHeads, key)).toBeUndefined();
  expect((await pull(thief, partitionConsumer("app", "analytics", 0))).string()).not.toContain("a's");
  await writeKey(thief, BUCKETS.checkpointHeads, key, "forged");
  await jetStreamOf(thief).publish("out.app.p1.o", "forged");
  const head = await readKey(control("a").nc, BUCKETS.checkpointHeads, key);
  expect(new TextDecoder().decode(head?.value)).toBe("a's");
  expect((await control("a").jsm.streams.info("RESULTS")).state.messages).toBe(0);
  await control("a").jsm.streams.purge("EVENTS");
  await control("a").jsm.streams.purge("KV_" + BUCKETS.checkpointHeads);
});

test("another tenant's account is not administered by a role's user", async () => {
  await expectNothing(await connectLane("a", "analytics"), "$SYS.REQ.CLAIMS.UPDATE", "x");
});

test("a lane pulls, acknowledges, publishes and keeps checkpoints under its own names; a name may hold a plus", async () => {
  const own = jetstream(control("a").nc);
  for (const id of ["analytics", "analytics+marketing"]) await own.publish(eventSubject("app", id, 1), id);
  for (const [id, name] of [
    ["analytics", "p1"],
    ["analytics+marketing", "p2"],
  ] as const) {
    const nc = await connectLane("a", id);
    const consumer = partitionConsumer("app", id, 1);
    const pulled = await pull(nc, consumer);
    expect(pulled.string()).toBe(id);
    await nc.request(pulled.reply ?? "", "+ACK", { timeout: 2000 });
    await jetStreamOf(nc).publish(`out.app.${name}.o`, "rows", { msgID: name });
    const key = `${laneKey("app", id)}.0`;
    await writeKey(nc, BUCKETS.checkpointHeads, key, "head", 0);
    expect(Buffer.from((await readKey(nc, BUCKETS.checkpointHeads, key))?.value ?? "").toString()).toBe("head");
    await writeKey(nc, BUCKETS.health, key, `health of ${id}`);
    const told = await readKey(control("a").nc, BUCKETS.health, key);
    expect(Buffer.from(told?.value ?? "").toString()).toBe(`health of ${id}`);
    // of the other lane it can tell nothing
    const other = `${laneKey("app", id === "analytics" ? "analytics+marketing" : "analytics")}.1`;
    await expect(writeKey(nc, BUCKETS.health, other, "forged")).rejects.toThrow();
    expect(await readKey(control("a").nc, BUCKETS.health, other)).toBeUndefined();
    await jetStreamOf(nc).publish(`cp.${key}.w.0.0`, "chunk");
    expect((await lastMessage(nc, "CHECKPOINTS", `cp.${key}.w.0.0`))?.value.length).toBe(5);
    const document = JSON.parse(
      Buffer.from((await readKey(nc, BUCKETS.lanes, laneKey("app", id)))?.value ?? "").toString(),
    ) as Deployment;
    expect(document.pipelines.map((pipe) => pipe.id)).toEqual([name]);
  }
  expect((await control("a").jsm.streams.info("EVENTS")).state.messages).toBe(0);
});

test("only deliver pulls results, and it hears of destinations", async () => {
  const deliver = await connectRole("a", "deliver");
  const consumer = await jetStreamOf(deliver).consumers.get("RESULTS", "d-delivery");
  const message = await consumer.next();
  expect(message?.string()).toBe("rows");
  expect(await message?.ackAck()).toBe(true);
  const heard = new Promise((done) => {
    const follower = { put: done, gone: () => undefined, complete: () => undefined, stale: () => undefined };
    watchBucket(deliver, BUCKETS.destinations, follower, log);
  });
  await control("a").destinations.put("d", "{}");
  expect(await heard).toBe("d");
});

test.each<[DataPlaneRole, string[]]>([
  ["process", ["_INBOX_edge.>", "_INBOX.>", ">", "ev.>", "live.out.>", "$KV.consent.>"]],
  ["edge", ["_INBOX_process.>", "ev.>", "out.>"]],
  ["deliver", ["_INBOX_process.>", "live.out.>", "dead.>"]],
])("%s hears no foreign inbox and no traffic", async (role, subjects) => {
  const nc = await (role === "process" ? connectLane("a", "analytics") : connectRole("a", role));
  for (const subject of subjects) {
    const refusal = new Promise((resolve) => {
      nc.subscribe(subject, { callback: (error) => resolve(error) });
    });
    expect(await refusal, subject).toBeInstanceOf(PermissionViolationError);
  }
});

test.each<DataPlaneRole>(["edge", "process", "deliver"])(
  "%s cannot have anybody erased, not in a lane of its own either",
  async (role) => {
    const nc = await (role === "process" ? connectLane("a", "analytics") : connectRole("a", role));
    for (const id of ["analytics", "analytics+marketing"]) {
      await expectNothing(nc, erasureSubject("app", id, 0), '{"v":1,"erasure":"forged","subjectKey":"victim"}');
    }
    await expectNothing(
      nc,
      deliveryErasureSubject("app", "delivery"),
      '{"v":1,"erasure":"forged","subjectKey":"victim"}',
    );
    const { jsm } = control("a");
    for (const [stream, subjects_filter] of [
      ["EVENTS", "erase.>"],
      ["RESULTS", "forget.>"],
    ] as const) {
      expect((await jsm.streams.info(stream, { subjects_filter })).state.subjects ?? {}).toEqual({});
    }
  },
);

// defect: the hub checks no permission on the subject of a reply, so that any user could have it publish anything anywhere
test.each([
  ["an event", eventSubject("app", "analytics+marketing", 0)],
  ["a consent", `$KV.${BUCKETS.consent}.app.forged`],
  ["another lane's result", "out.app.p2.o"],
  ["a new stream", "$JS.API.STREAM.CREATE.COPY"],
])("no answer of the hub becomes %s", async (_, reply) => {
  const nc = await connectLane("a", "analytics");
  const { jsm } = control("a");
  const state = async (): Promise<unknown> => {
    const streams = [];
    for await (const { config, state: now } of jsm.streams.list()) streams.push([config.name, now.last_seq]);
    return streams;
  };
  const key = `${laneKey("app", "analytics")}.1`;
  await writeKey(
    nc,
    BUCKETS.checkpointHeads,
    key,
    JSON.stringify({ name: "COPY", subjects: ["copy.>"], storage: "file" }),
  );
  await jetStreamOf(nc).publish("tick.app.analytics.1", "{}");
  const before = await state();
  const subject = `$KV.${BUCKETS.checkpointHeads}.${key}`;
  nc.publish(`hub.DIRECT.GET.KV_${BUCKETS.checkpointHeads}.${subject}`, "", { reply });
  nc.publish(
    `hub.CONSUMER.MSG.NEXT.EVENTS.${partitionConsumer("app", "analytics", 1)}`,
    '{"batch":1,"group":"owner"}',
    {
      reply,
    },
  );
  await nc.flush();
  // asked after the two, and answered: what they could do is done
  await readKey(nc, BUCKETS.checkpointHeads, key);
  await jsm.streams.info("EVENTS");
  expect(await state()).toEqual(before);
});

// defect it guards: a consumer has one filter or several, and an update that adds the other is refused
test("a delivery's consumer from before there were erasures gets their subject too, and keeps its place", async () => {
  const { jsm } = control("b");
  await jsm.consumers.delete("RESULTS", "d-delivery");
  const older = { durable_name: "d-delivery", filter_subject: "out.app.p1.o", ack_policy: "explicit" as const };
  await jsm.consumers.add("RESULTS", older);
  await publish(deployment({ tenant: "b" }));
  const { config } = await jsm.consumers.info("RESULTS", "d-delivery");
  expect(config.filter_subjects).toEqual(["out.app.p1.o", "forget.app.delivery"]);
});

test("a role's head cannot roll up the heads of others", async () => {
  const nc = await connectLane("a", "analytics");
  const all = headers();
  all.set("Nats-Rollup", "all");
  const key = `$KV.${BUCKETS.checkpointHeads}.${laneKey("app", "analytics")}.0`;
  await expect(jetStreamOf(nc).publish(key, "x", { headers: all })).rejects.toThrow(/rollup/);
});

test("users end by themselves, are renewed before, and the connection comes back with the newer one", async () => {
  const short = await Hub.connect({ ...server, credentialSeconds: 2 });
  for (const worker of server.workers) await short.serveWorker(worker);
  await short.ensureTenant("a", ACCOUNTS.a);
  let current = await access("edge", "a");
  const first = decode(current.jwt).exp ?? 0;
  expect(first * 1000 - Date.now()).toBeLessThanOrEqual(3000);
  const nc = await connect("edge", () => current);
  const statuses: string[] = [];
  const back = (async () => {
    for await (const { type } of nc.status()) {
      statuses.push(type);
      if (type === "reconnect") return;
    }
  })();
  expect(short.renewsAt("a")).toBeLessThanOrEqual(first * 1000 - 1000);
  await new Promise((later) => setTimeout(later, (short.renewsAt("a") ?? 0) - Date.now() + 10));
  await short.ensureTenant("a", ACCOUNTS.a);
  current = await access("edge", "a");
  expect(decode(current.jwt).exp).toBeGreaterThan(first);
  await back;
  expect(statuses).toContain("disconnect");
  await jetStreamOf(nc).publish(eventSubject("app", "analytics", 0), "after");
  await short.close();
});

test("a revocation puts everybody out at once; the old credential is refused and the new one is let in", async () => {
  let current = await access("process", laneAccessKey("a", "app", "analytics"));
  const stolen = current;
  const nc = await connect("process", () => current);
  const thief = await connect("process", () => stolen);
  const out = Promise.all(
    [nc, thief].map(async (connection) => {
      for await (const { type } of connection.status()) if (type === "disconnect") return;
    }),
  );
  // what was issued in this second is revoked with it
  await hub.revoke("a", ACCOUNTS.a, "process", deployment());
  await out;
  current = await access("process", laneAccessKey("a", "app", "analytics"));
  expect(current.jwt).not.toBe(stolen.jwt);
  const key = `${laneKey("app", "analytics")}.0`;
  const again = await connect("process", () => current);
  expect(await readKey(again, BUCKETS.checkpointHeads, key)).toBeDefined();
  await expect(readKey(thief, BUCKETS.checkpointHeads, key)).rejects.toThrow();
});

test("ensuring a tenant again changes nothing for its users", async () => {
  await hub.ensureTenant("b", ACCOUNTS.b);
  const first = await access("edge", "b");
  await hub.ensureTenant("b", ACCOUNTS.b);
  expect(await access("edge", "b")).toEqual(first);
  const { config } = await control("b").jsm.streams.info("EVENTS");
  expect(config).toMatchObject({ retention: "workqueue", discard: "new" });
});

test("deliver alone gets the key of its message ids, also where its entry is from before there was one", async () => {
  const entry = await access("deliver", "b");
  expect(entry.messageKey).toMatch(/^[\w-]{43}$/);
  const platform = await connectWithCreds({ url: server.url, name: "test", credsFile: server.platformCreds });
  open.push(platform);
  const { messageKey, ...older } = entry;
  await writeKey(platform, directoryBucket("deliver"), "b", JSON.stringify(older));
  await hub.ensureTenant("b", ACCOUNTS.b);
  expect((await access("deliver", "b")).messageKey).toBe(messageKey);
  const others = [await access("edge", "b"), await access("process", laneAccessKey("b", "app", "analytics"))];
  expect(JSON.stringify(others)).not.toContain(messageKey);
  expect((await access("deliver", "a")).messageKey).not.toBe(messageKey);
});

test("what a deployment no longer has goes: consumers, a dropped lane's frames, its entry, whoever is in", async () => {
  const { jsm } = control("a");
  const nc = await connectLane("a", "analytics+marketing");
  const out = (async () => {
    for await (const { type } of nc.status()) if (type === "disconnect") return;
  })();
  await publish(deployment({ revision: 2, lanes: [lane("analytics")], deliveries: [] }));
  await out;
  const names = [];
  for await (const consumer of jsm.consumers.list("EVENTS")) names.push(consumer.name);
  for await (const consumer of jsm.consumers.list("RESULTS")) names.push(consumer.name);
  expect(names).toEqual(["p-app-analytics-0", "p-app-analytics-1", "window"]);
  const platform = await connectWithCreds({ url: server.url, name: "test", credsFile: server.platformCreds });
  open.push(platform);
  expect(
    await readKey(platform, directoryBucket("process"), laneAccessKey("a", "app", "analytics+marketing")),
  ).toBeUndefined();
  expect(await readKey(platform, directoryBucket("process"), laneAccessKey("a", "app", "analytics"))).toBeDefined();
});
