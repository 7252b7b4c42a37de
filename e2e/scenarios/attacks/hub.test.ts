import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { readKey, writeKey } from "@o2mc/runtime/bucket.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { connectWithCredential, connectWithCreds } from "@o2mc/runtime/nats.ts";
import { watchBucket } from "@o2mc/runtime/watch-bucket.ts";
import type { Deployment, TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import {
  BUCKETS,
  DIRECTORY_USER,
  directoryBucket,
  HUB_API,
  laneKey,
  partitionConsumer,
  type DataPlaneRole,
} from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessToken } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { childPid } from "../../testkit/kill.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { openTenantHub, type TenantHub } from "../../testkit/tenant-hub.ts";
import {
  apiAttempts,
  deputyAttempts,
  foreignSubjects,
  FORGED,
  gateSubjects,
  headerAttempts,
  LISTEN,
  publishAttempts,
  type Attempt,
  type Target,
} from "./hub/attempts.ts";
import { Thief, type Outcome } from "./hub/thief.ts";
import { makeVictim, type Victim } from "./hub/victim.ts";

/** in what the demo's other tenant is told to its data plane */
const OTHERS = /"tenant":"other"|@other/;
const log = createLogger("thief", "silent");

let platform: Platform;
let victim: Victim;
let hub: TenantHub;
let url: string;
let deployment: Deployment;
/** the lane whose worker was taken over, and what it may not reach */
let own: { readonly lane: string; readonly pipeline: string };
let target: Target;
const open: NatsConnection[] = [];

beforeAll(async () => {
  platform = await sharedPlatform();
  const { tenant, application } = platform.endpoints.demo;
  hub = await openTenantHub(platform, tenant);
  victim = await makeVictim(platform, hub);
  const { nats } = JSON.parse(readFileSync(join(platform.dataDir, "ports.json"), "utf8")) as { nats: number };
  url = `nats://127.0.0.1:${nats}`;
  const entry = await hub.connection.deployments.get(application);
  deployment = entry?.json<Deployment>() ?? expect.fail("there is no deployment");
  // the victim is the lane that the marked rows are in
  const robbed = deployment.pipelines.find(({ id }) => id === victim.pipeline);
  const thief = deployment.pipelines.find(({ lane }) => lane !== robbed?.lane);
  if (robbed === undefined || thief === undefined) throw new Error("there are no two lanes");
  own = { lane: thief.lane, pipeline: thief.id };
  target = {
    application,
    lane: robbed.lane,
    pipeline: robbed.id,
    consumer: partitionConsumer(application, robbed.lane, 0),
    delivery: victim.delivery,
  };
});

afterAll(async () => {
  await Promise.all(open.map((nc) => nc.close()));
  await hub?.close();
});

/** With the file that a worker starts with: `o2mc start` enrols one a role, of its name. */
async function directory(role: DataPlaneRole): Promise<NatsConnection> {
  const credsFile = join(platform.dataDir, "nats", `${role}.creds`);
  const nc = await connectWithCreds({ url, name: "thief", inboxPrefix: `_INBOX_${role}`, credsFile, api: HUB_API });
  open.push(nc);
  return nc;
}

/** Taken from the directory, as the role's process does. */
async function stolen(role: DataPlaneRole, fits: (access: TenantAccess) => boolean): Promise<NatsConnection> {
  const nc = await directory(role);
  const access = await new Promise<TenantAccess>((done) => {
    const put = (key: string, value: Uint8Array): void => {
      if (key === DIRECTORY_USER) return;
      const found = JSON.parse(new TextDecoder().decode(value)) as TenantAccess;
      if (fits(found)) done(found);
    };
    const nothing = (): void => undefined;
    watchBucket(nc, directoryBucket(role), { put, gone: nothing, complete: nothing, stale: nothing }, log);
  });
  const stolenConnection = await connectWithCredential(
    { url, name: "thief", inboxPrefix: `_INBOX_${role}` },
    () => access,
  );
  open.push(stolenConnection);
  return stolenConnection;
}

/** Streams and their settings, consumers, and how far everything foreign has got. */
async function picture(): Promise<unknown> {
  const { jsm } = hub.connection;
  const streams: unknown[] = [];
  for await (const { config } of jsm.streams.list()) {
    const consumers: unknown[] = [];
    for await (const consumer of jsm.consumers.list(config.name)) {
      // readers of the console come and go
      if (consumer.config.durable_name === undefined) continue;
      consumers.push([consumer.name, consumer.config.filter_subjects, consumer.paused ?? false]);
    }
    streams.push([config, consumers]);
  }
  return streams;
}

/** Has what each lane's process is told be told again. */
async function tellLanes(lanes: readonly string[]): Promise<void> {
  const { nc } = hub.connection;
  for (const lane of lanes) {
    const key = laneKey(target.application, lane);
    const stored = await readKey(nc, BUCKETS.lanes, key);
    await writeKey(nc, BUCKETS.lanes, key, stored?.value ?? expect.fail(`lane ${lane} is not deployed`));
  }
}

const forged = (): readonly string[] =>
  ["ev.", "out.", "dead.", "tick.", "$KV.consent."]
    .flatMap((prefix) => hub.published(prefix))
    .filter(({ text }) => text.includes(FORGED))
    .map(({ subject }) => subject);

/** Nobody got it: refused, not answered, or answered by an account that has no JetStream. */
const isNothing = ({ answer }: Outcome): boolean =>
  ["refused", "nobody", "silence"].includes(answer) || answer.includes("JetStream not enabled for account");

function print(who: string, outcomes: readonly Outcome[]): void {
  const line = ({ what, subject, answer }: Outcome): string => `${who} | ${what} | ${subject} | ${answer}`;
  process.stdout.write(`${outcomes.map(line).join("\n")}\n`);
}

interface Robbery {
  readonly role: DataPlaneRole;
  readonly nats: NatsConnection;
  /** what the credential is for: asked for with success, and no wonder */
  readonly granted: RegExp;
  readonly hears: readonly string[];
  /** requests whose answers hold what the thief wrote */
  readonly deputies: readonly Attempt[];
  readonly gate: boolean;
}

async function rob(who: string, { role, nats, granted, hears, deputies, gate }: Robbery): Promise<Thief> {
  const before = [await picture(), forged()];
  const thief = new Thief(nats, `_INBOX_${role}`);
  const listened = await thief.listen(LISTEN);
  const subjects = [...foreignSubjects(target), ...(gate ? [] : gateSubjects(target))].filter(
    (subject) => !granted.test(subject),
  );
  const outcomes = [
    ...(await thief.try([...apiAttempts(target), ...publishAttempts(subjects)])),
    ...(await thief.try(deputyAttempts(deputies, subjects))),
  ];
  print(who, [
    ...LISTEN.map((subject) => ({ what: "listen", subject, answer: listened.includes(subject) ? "may" : "refused" })),
    ...outcomes,
  ]);
  expect(listened).toEqual(hears);
  const got = outcomes.filter((outcome) => !isNothing(outcome) && !granted.test(outcome.subject));
  expect(got).toEqual([]);
  expect([await picture(), forged()]).toEqual(before);
  return thief;
}

/** No row, name or secret of the first tenant's other lane, and of another tenant nothing at all. */
function expectNoLoot(thief: Thief): void {
  const loot = thief.loot.join("\n");
  expect(loot).not.toContain(victim.mark);
  expect(loot).not.toMatch(OTHERS);
}

test("a worker of one lane gets nothing of another lane, purpose or tenant, and injects nothing", async () => {
  const { application, tenant } = platform.endpoints.demo;
  const nats = await stolen(
    "process",
    ({ tenant: of, lane }) => of === tenant && lane?.application === application && lane.id === own.lane,
  );
  const key = `${application}.${own.lane}.99`;
  await writeKey(
    nats,
    BUCKETS.checkpointHeads,
    key,
    JSON.stringify({ name: "COPY", subjects: [FORGED], storage: "file" }),
  );
  const consumer = partitionConsumer(application, own.lane, 0);
  const thief = await rob("process", {
    role: "process",
    nats,
    // nothing that a thief tries: it reads its own application's consent, as shown below
    granted: /^$/,
    // its account imports its own lane's and its application's, as shown below
    hears: ["_INBOX_process.>", "kv.lanes.>", "kv.consent.>"],
    deputies: [
      {
        what: "own checkpoint",
        subject: `${HUB_API}.DIRECT.GET.KV_${BUCKETS.checkpointHeads}.$KV.${BUCKETS.checkpointHeads}.${key}`,
      },
      {
        what: "own frames",
        subject: `${HUB_API}.CONSUMER.MSG.NEXT.EVENTS.${consumer}`,
        payload: '{"batch":5,"no_wait":true,"group":"owner"}',
      },
      { what: "own acknowledgement", subject: `$KV.${BUCKETS.checkpointHeads}.${key}`, payload: FORGED },
    ],
    gate: false,
  });
  const outcomes = await thief.try(headerAttempts(`$KV.${BUCKETS.checkpointHeads}.${key}`));
  print("process", outcomes);
  expect(outcomes[0]?.answer).toMatch(/rollup not permitted/);
  // what is traced to where its sender may not publish is dropped; a trace names the forged message, but does not hold it
  expect(outcomes.slice(1, 3).map(({ answer }) => ["refused", "silence"].includes(answer))).toEqual([true, true]);
  expect(hub.published("ev.forged.")).toEqual([]);
  await tellLanes([target.lane, own.lane]);
  await eventually(() => Promise.resolve(thief.loot.some((text) => text.includes(own.pipeline))), true, 5_000, 0);
  expect(thief.loot.filter((text) => text.includes(target.pipeline))).toEqual([]);
  expect(forged()).toEqual([]);
  expectNoLoot(thief);
});

test("the lane's own name opens its own partitions and no other's", async () => {
  const { application, tenant } = platform.endpoints.demo;
  const nats = await stolen("process", ({ tenant: of, lane }) => of === tenant && lane?.id === own.lane);
  const thief = new Thief(nats, "_INBOX_process");
  const next = (lane: string, partition: number): Attempt => ({
    what: "pull",
    subject: `${HUB_API}.CONSUMER.MSG.NEXT.EVENTS.${partitionConsumer(application, lane, partition)}`,
    payload: '{"batch":1,"no_wait":true,"group":"owner","id":"none"}',
  });
  const outcomes = await thief.try([next(own.lane, 0), next(own.lane, 99), next(target.lane, 0)]);
  print("process", outcomes);
  // a pin that is not ours is refused by the consumer itself: it was reached
  expect(outcomes.map(({ answer }) => answer === "nobody" || answer === "silence")).toEqual([false, true, true]);
});

test("message ids of a lane cannot be told by another, which could have its results dropped as duplicates", async () => {
  const { jsm } = hub.connection;
  const { state } = await jsm.streams.info("RESULTS");
  const ids: string[] = [];
  for (let seq = state.last_seq; seq > Math.max(0, state.last_seq - 20); seq--) {
    const message = await jsm.streams.getMessage("RESULTS", { seq }).catch(() => null);
    if (message !== null) ids.push(message.header.get("Nats-Msg-Id"));
  }
  expect(ids.length).toBeGreaterThan(0);
  for (const id of ids) expect(id).toMatch(/^[\w-]{43}$/);
});

test("edge gets no results, destinations or frames, and deliver writes no consent, event or result", async () => {
  const { tenant } = platform.endpoints.demo;
  const edge = await rob("edge", {
    role: "edge",
    nats: await stolen("edge", ({ tenant: of }) => of === tenant),
    granted:
      /^hub\.(DIRECT\.GET\.KV_(deployments|consent)|STREAM\.MSG\.GET\.RECEIPTS|CONSUMER\.(INFO|MSG\.NEXT)\.RECEIPTS\.[^.]+)$|^\$JS\.ACK\.RECEIPTS\./,
    hears: ["_INBOX_edge.>", "kv.deployments.>", "kv.consent.>"],
    deputies: [
      { what: "stored consent", subject: `${HUB_API}.DIRECT.GET.KV_consent`, payload: '{"seq":1,"batch":2}' },
      { what: "receipt", subject: `${HUB_API}.STREAM.MSG.GET.RECEIPTS`, payload: '{"seq":1}' },
    ],
    gate: true,
  });
  // it reads the deployments, which name what the first tenant has: not what a visitor did
  expect(edge.loot.join("\n")).not.toContain(`/${victim.mark}`);
  const deliver = await rob("deliver", {
    role: "deliver",
    nats: await stolen("deliver", ({ tenant: of }) => of === tenant),
    granted:
      /^hub\.(DIRECT\.GET\.KV_(deployments|consent|sealed-destinations)|CONSUMER\.(INFO|MSG\.NEXT|RESET)\.RESULTS\.[^.]+)$|^\$JS\.ACK\.RESULTS\./,
    hears: ["_INBOX_deliver.>", "kv.deployments.>", "kv.sealed-destinations.>", "kv.consent.>"],
    deputies: [
      {
        what: "destination",
        subject: `${HUB_API}.DIRECT.GET.KV_${BUCKETS.destinations}`,
        payload: '{"seq":1,"batch":2}',
      },
    ],
    gate: false,
  });
  expect(deliver.loot.join("\n")).not.toMatch(OTHERS);
});

test("a directory's user reads its own directory and reaches no tenant", async () => {
  const nats = await directory("process");
  const thief = await rob("directory", {
    role: "process",
    nats,
    granted: /^$/,
    hears: ["_INBOX_process.>"],
    deputies: [
      {
        what: "own directory",
        subject: `${HUB_API}.DIRECT.GET.KV_${directoryBucket("process")}`,
        payload: '{"seq":1,"batch":2}',
      },
    ],
    gate: false,
  });
  expectNoLoot(thief);
  const foreign = await thief.try(
    ["edge", "deliver"].map((role) => ({
      what: "another's directory",
      subject: `${HUB_API}.DIRECT.GET.KV_${directoryBucket(role)}`,
      payload: '{"seq":1,"batch":9}',
    })),
  );
  print("directory", foreign);
  expect(foreign.every(isNothing)).toBe(true);
});

test("nobody gets in without a user of the hub's, a developer's token least of all", async () => {
  const token = await accessToken(platform.endpoints, "dev@demo.example");
  const tries: [string, object][] = [
    ["nothing", {}],
    ["token", { token }],
    ["user and password", { user: "dev@demo.example", pass: token }],
    ["token as JWT", { authenticator: () => ({ jwt: token, sig: "", nkey: "" }) }],
  ];
  for (const [what, options] of tries) {
    const refusal = await connect({ servers: url, reconnect: false, timeout: 2_000, ...options }).then(
      () => "let in",
      (error: unknown) => String(error),
    );
    process.stdout.write(`developer | ${what} | ${url} | ${refusal}\n`);
    expect(refusal).toMatch(/Authorization/i);
  }
});

test("the hub listens on one port, and speaks no MQTT, WebSocket or leaf node there", async () => {
  const { port } = new URL(url);
  const say = (text: string | Buffer): Promise<string> =>
    new Promise((done) => {
      let answer = "";
      const socket = connectTcp(Number(port), "127.0.0.1");
      socket.on("data", (data) => (answer += data.toString("latin1")));
      socket.on("error", () => undefined);
      socket.on("close", () => done(answer));
      socket.setTimeout(5_000, () => socket.destroy());
      socket.write(text);
    });
  const mqtt = Buffer.from([0x10, 0x0e, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 2, 0x61, 0x62]);
  const webSocket =
    "GET / HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const leaf =
    'CONNECT {"verbose":false,"name":"leaf","is_leaf":true,"server_id":"x","remote_account":"PLATFORM"}\r\nPING\r\n';
  const mqttAnswer = await say(mqtt);
  const answers = [mqttAnswer, await say(webSocket), await say(leaf)];
  for (const answer of answers) {
    process.stdout.write(`outsider | raw | ${url} | ${JSON.stringify(answer.slice(-120))}\n`);
    expect(answer).toContain('"auth_required":true');
    expect(answer).toContain("-ERR");
    expect(answer).not.toContain("PONG");
    expect(answer).not.toMatch(/101 Switching|leafnode_urls|ws_connect_urls/);
  }
  if (process.platform === "linux") expect(listening(childPid(platform, "nats"))).toEqual([Number(port)]);
});

/** TCP ports that a process listens on. */
function listening(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === "0A" && sockets.has(columns[9] ?? ""))
      .map((columns) => Number.parseInt((columns[1] ?? "").split(":")[1] ?? "", 16)),
  );
}
