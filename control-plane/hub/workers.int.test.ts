import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, credsAuthenticator, jwtAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { readKey, writeKey } from "@o2mc/runtime/bucket.ts";
import { useApi } from "@o2mc/runtime/jetstream.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { connectWithCreds } from "@o2mc/runtime/nats.ts";
import { watchBucket } from "@o2mc/runtime/watch-bucket.ts";
import type { DeployedPipeline, Deployment, TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import {
  BUCKETS,
  bucketStream,
  bucketSubject,
  DIRECTORY_USER,
  directoryBucket,
  HUB_API,
  laneAccessKey,
  liveKeySubject,
  partitionConsumer,
  REVOCATIONS,
} from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../e2e/testkit/nats-operator.ts";
import { putDeployment } from "../publish/put-deployment.ts";
import { newTenantAccount } from "./accounts.ts";
import { Hub, type HubOptions } from "./hub.ts";
import { directoryCreds, type Worker } from "./worker.ts";

const log = createLogger("workers-test", "silent");
const ACCOUNTS = { a: newTenantAccount(), b: newTenantAccount() };
const TENANTS = ["a", "b"] as const;

const worker = (name: string, over: Partial<Worker> = {}): Worker => ({
  name,
  role: "process",
  scope: null,
  seed: newTenantAccount().seed,
  ended: false,
  ...over,
});

/** of lane `one` of tenant a, of everything, and of everything too, but never revoked */
const NARROW = worker("narrow", { scope: [{ tenant: "a", lanes: ["app/one"] }] });
const WIDE = worker("wide");
const NEIGHBOUR = worker("neighbour");
const DELIVER = worker("sender", { role: "deliver", scope: [{ tenant: "b" }] });

let server: NatsOperator;
let hub: Hub;
let platform: NatsConnection;
const open: NatsConnection[] = [];

beforeAll(async () => {
  server = await startNatsOperator();
  hub = await openHub([NARROW, WIDE, NEIGHBOUR, DELIVER]);
  platform = await connectWithCreds({ url: server.url, name: "test", credsFile: server.platformCreds });
});

afterAll(async () => {
  await Promise.all(open.map((nc) => nc.close()));
  await platform?.close();
  await hub?.close();
  await server?.stop();
});

/** As a control plane comes up: the workers that it has enrolled, then what is published. */
async function openHub(workers: readonly Worker[], over: Partial<HubOptions> = {}): Promise<Hub> {
  const opened = await Hub.connect({ ...server, ...over });
  for (const each of workers) await opened.serveWorker(each);
  await tell(opened);
  return opened;
}

async function tell(to: Hub): Promise<void> {
  for (const tenant of TENANTS) {
    const account = ACCOUNTS[tenant];
    const connection = await to.ensureTenant(tenant, account);
    await putDeployment(connection, deployment(tenant), {
      openLanes: (document) => to.openLanes(account, document),
      closeLanes: (document) => to.closeLanes(account, { tenant, ...document }),
    });
  }
}

const deployment = (tenant: string): Deployment => ({
  formatVersion: 1,
  tenant,
  application: "app",
  revision: 1,
  policy: { version: 1, purposes: [], fields: [] },
  sources: [],
  lanes: ["one", "two"].map((id) => ({ id, purposes: [id], partitions: 1, fields: [] })),
  pipelines: ["one", "two"].map((lane) => ({
    id: `p-${lane}`,
    name: lane,
    version: 1,
    since: 1,
    lane,
    definition: { purposes: [lane], steps: [] } as unknown as DeployedPipeline["definition"],
    outputs: [],
  })),
  deliveries: [],
  subjectSalt: "00",
});

/** Once, and not again and again as the data plane tries. */
async function enter(as: string | TenantAccess, role = "process"): Promise<NatsConnection> {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const authenticator =
    typeof as === "string" ? credsAuthenticator(encode(as)) : jwtAuthenticator(as.jwt, encode(as.seed));
  const nc = await connect({ servers: server.url, authenticator, reconnect: false, inboxPrefix: `_INBOX_${role}` });
  open.push(nc);
  return useApi(nc, HUB_API);
}

/** All that its directory holds: by key. */
async function directoryOf({ name }: Worker, nc: NatsConnection): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  await new Promise<void>((complete) => {
    const watch = watchBucket(
      nc,
      directoryBucket(name),
      {
        put: (key, value) => void found.set(key, new TextDecoder().decode(value)),
        gone: () => undefined,
        complete,
        stale: () => undefined,
      },
      log,
    );
    void watch;
  });
  return found;
}

async function accessOf(of: Worker, key: string): Promise<TenantAccess> {
  const directory = await directoryOf(of, await enter(await directoryCreds(of), of.role));
  return JSON.parse(directory.get(key) ?? "null") as TenantAccess;
}

/** `refused`, `nobody` or `silence`; else what was answered. */
async function ask(nc: NatsConnection, subject: string, payload = ""): Promise<string> {
  try {
    const answer = await nc.request(subject, payload, { timeout: 1_000 });
    return `${answer.headers?.code ?? ""} ${answer.string()}`;
  } catch (error) {
    return /permission/i.test(String(error)) ? "refused" : /responders/i.test(String(error)) ? "nobody" : "silence";
  }
}

const LANE_ONE = laneAccessKey("a", "app", "one");
const LANE_TWO = laneAccessKey("a", "app", "two");

test("a worker's directory holds what it is enrolled for, and nothing else", async () => {
  const all = TENANTS.flatMap((tenant) => ["one", "two"].map((lane) => laneAccessKey(tenant, "app", lane)));
  for (const [of, keys] of [
    [NARROW, [LANE_ONE]],
    [WIDE, all],
    [DELIVER, ["b"]],
  ] as const) {
    const directory = await directoryOf(of, await enter(await directoryCreds(of), of.role));
    expect([...directory.keys()].sort()).toEqual([...keys, DIRECTORY_USER].sort());
  }
});

test("a worker of one lane gets no other lane's key, no other worker's directory, not the whole bucket or what is told live", async () => {
  const nc = await enter(await directoryCreds(NARROW));
  const heard: string[] = [];
  const refusals: string[] = [];
  for (const subject of [liveKeySubject(directoryBucket("wide"), ">"), "kv.>", "$KV.>", ">"]) {
    nc.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) heard.push(message.subject);
        else refusals.push(subject);
      },
    });
  }
  await nc.flush();
  for (const bucket of [directoryBucket("wide"), REVOCATIONS]) {
    const stream = bucketStream(bucket);
    const all = bucketSubject(bucket, ">");
    for (const api of [HUB_API, "$JS.API"]) {
      for (const [subject, payload] of [
        [`DIRECT.GET.${stream}`, `{"seq":1,"next_by_subj":"${all}","batch":10}`],
        [`DIRECT.GET.${stream}.${bucketSubject(bucket, LANE_TWO)}`, ""],
        [`STREAM.MSG.GET.${stream}`, `{"last_by_subj":"${bucketSubject(bucket, LANE_TWO)}"}`],
        [`STREAM.INFO.${stream}`, `{"subjects_filter":"${all}"}`],
        [`CONSUMER.CREATE.${stream}`, `{"stream_name":"${stream}","config":{"ack_policy":"none"}}`],
        [`STREAM.SNAPSHOT.${stream}`, '{"deliver_subject":"_INBOX_process.x"}'],
        ["STREAM.CREATE.COPY", `{"name":"COPY","mirror":{"name":"${stream}"}}`],
      ] as const) {
        const answer = await ask(nc, `${api}.${subject}`, payload);
        expect(`${subject} ${answer}`).toMatch(/ (refused|nobody|silence)$|JetStream not enabled for account/);
      }
    }
  }
  // its own is asked in the same way with success, but for what it is not enrolled for there is nothing in it
  const own = bucketStream(directoryBucket("narrow"));
  const first = '{"seq":1,"next_by_subj":"$KV.worker-narrow.>"}';
  expect(await ask(nc, `${HUB_API}.DIRECT.GET.${own}`, first)).toMatch(/^0? ?\S/);
  expect(await ask(nc, `${HUB_API}.DIRECT.GET.${own}`, `{"last_by_subj":"$KV.worker-narrow.${LANE_TWO}"}`)).toMatch(
    /^404/,
  );
  await writeKey(platform, directoryBucket("wide"), "probe", "a secret");
  await nc.flush();
  expect(heard).toEqual([]);
  expect(refusals).toHaveLength(4);
});

test("a worker's user of its own lane opens nothing of another", async () => {
  const nc = await enter(await accessOf(NARROW, LANE_ONE));
  const pull = (lane: string): Promise<string> =>
    ask(nc, `${HUB_API}.CONSUMER.MSG.NEXT.EVENTS.${partitionConsumer("app", lane, 0)}`, '{"batch":1,"no_wait":true}');
  expect(await pull("one")).not.toMatch(/^(refused|nobody|silence)$/);
  expect(await pull("two")).toMatch(/^(refused|nobody|silence)$/);
});

test("each worker has a user of its own in the same lane, which stays the same key when it is renewed", async () => {
  const sub = ({ jwt }: TenantAccess): unknown =>
    (JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as { sub: string }).sub;
  const before = [await accessOf(WIDE, LANE_ONE), await accessOf(NEIGHBOUR, LANE_ONE)];
  expect(sub(before[0] as TenantAccess)).not.toBe(sub(before[1] as TenantAccess));
  await hub.revoke("a", ACCOUNTS.a, "process", deployment("a"));
  const after = await accessOf(WIDE, LANE_ONE);
  expect(after.jwt).not.toBe(before[0]?.jwt);
  expect(sub(after)).toBe(sub(before[0] as TenantAccess));
});

test("the user that reads a directory ends, and before it does the directory holds the next one", async () => {
  const kept = async ({ name }: Worker): Promise<number | undefined> =>
    (await readKey(platform, directoryBucket(name), DIRECTORY_USER))?.revision;
  const before = await kept(NEIGHBOUR);
  const brief = await Hub.connect({ ...server, directorySeconds: 6 });
  await brief.serveWorker(NEIGHBOUR);
  expect(await kept(NEIGHBOUR)).toBe(before);
  const short = worker("short");
  await brief.serveWorker(short);
  const first = await readKey(platform, directoryBucket("short"), DIRECTORY_USER);
  const old = await enter(new TextDecoder().decode(first?.value));
  const ended = old.closed();
  await new Promise((later) => setTimeout(later, 3_600));
  await brief.serveWorker(short);
  const next = (await directoryOf(short, old)).get(DIRECTORY_USER) ?? "";
  await (await enter(next)).flush();
  await ended;
  // its last second is still good
  await new Promise((later) => setTimeout(later, 1_100));
  await expect(enter(new TextDecoder().decode(first?.value))).rejects.toThrow(/[Aa]uthor|expired/);
  await brief.close();
});

test("a revoked worker is out at once and for ever, by whichever user and after whatever restart; nobody else notices", async () => {
  const enrolment = await directoryCreds(WIDE);
  const lanes = [await accessOf(WIDE, LANE_ONE), await accessOf(WIDE, laneAccessKey("b", "app", "two"))];
  // a copy of its folder: the file that the directory has renewed
  const directory = await enter(enrolment);
  const copy = (await directoryOf(WIDE, directory)).get(DIRECTORY_USER) ?? "";
  writeFileSync(join(server.directory, "copy.creds"), copy, { mode: 0o600 });
  const inside = [directory, await enter(copy), ...(await Promise.all(lanes.map((access) => enter(access))))];
  const others = [
    await enter(await directoryCreds(NEIGHBOUR)),
    await enter(await accessOf(NEIGHBOUR, LANE_ONE)),
    await enter(await accessOf(NARROW, LANE_ONE)),
    await enter(await accessOf(DELIVER, "b"), "deliver"),
  ];
  const neighbours = await accessOf(NEIGHBOUR, LANE_ONE);

  const revoked = { ...WIDE, ended: true };
  expect(await hub.serveWorker(revoked)).toBe(true);
  // before, and without, whatever else there is to tell, which may fail
  for (const tenant of TENANTS) await hub.expel(tenant, ACCOUNTS[tenant]);
  await Promise.all(inside.map((nc) => nc.closed()));

  await tell(hub);

  const comeBack = async (): Promise<void> => {
    // a second later, too: users are told apart by their second of issue, but not here
    for (const as of [enrolment, copy, await directoryCreds(WIDE), ...lanes]) {
      await expect(enter(as)).rejects.toThrow(/[Aa]uthor/);
    }
  };
  await comeBack();
  for (const other of others) {
    expect(other.isClosed()).toBe(false);
    await other.flush();
  }
  // without a reconnect: these have none
  expect(await accessOf(NEIGHBOUR, LANE_ONE)).toEqual(neighbours);
  const lane = others[1] as NatsConnection;
  expect((await readKey(lane, BUCKETS.lanes, "app.one"))?.revision).toBeGreaterThan(0);

  // by the rest of the day's users, after a revocation of all, and a control plane that knows its list only
  await hub.revoke("a", ACCOUNTS.a, "process", deployment("a"));
  await comeBack();
  const again = await openHub([NARROW, revoked, NEIGHBOUR, DELIVER]);
  await comeBack();
  expect((await again.credentials("a")).map(({ worker: name }) => name)).not.toContain("wide");
  await (await enter(await accessOf(NEIGHBOUR, LANE_ONE))).flush();
  await again.close();
});
