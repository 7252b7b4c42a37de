import { type ChildProcess, spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConsumerInfo, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { createLogger } from "@o2mc/runtime/log.ts";
import { SealedReader } from "@o2mc/runtime/sealed.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { Deployment, DestinationConfig } from "@o2mc/schema/deployment/deployment.ts";
import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";
import type { ResultFrame } from "@o2mc/schema/events/result-frame.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { BUCKETS, consentKey, deadSubject, deliveryConsumer, STREAMS } from "@o2mc/schema/subjects.ts";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { DEFAULT_BACK_OFF } from "./back-off.ts";
import { TenantDeliveries } from "./tenant.ts";
import { startDatabase, type TestDatabase } from "./testkit/database.ts";
import { eventually } from "./testkit/eventually.ts";
import { outgoingTo } from "./testkit/outgoing.ts";
import { APP, MESSAGE_KEY, PIPELINE, TENANT, TenantHub } from "./testkit/tenant-hub.ts";

const FRAMES = 240;
const ROWS = 7;
const WITHDRAWN = "subject-withdrawn";
const SECRET = `whsec_${Buffer.from("a secret of twenty-four bytes").toString("base64")}`;
const OUTPUT: OutputType = {
  name: "sessions",
  perSubject: true,
  columns: [
    { name: "session.start", type: "timestamp", purposes: ["analytics"] },
    { name: "page", type: "string", purposes: ["analytics"] },
  ],
};
/** of the one destination that gathers for an hour */
const SLOW: OutputType = { ...OUTPUT, name: "slow" };

let hub: TenantHub;
let database: TestDatabase;
let reader: Client;
let child: ChildProcess | undefined;
const out = mkdtempSync(join(tmpdir(), "o2mc-deliver-"));
const slow = mkdtempSync(join(tmpdir(), "o2mc-deliver-"));
const hooks = new Map<string, string>();
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    hooks.set(String(request.headers["webhook-id"]), Buffer.concat(chunks).toString());
    response.writeHead(204).end();
  });
});

beforeAll(async () => {
  [hub, database] = await Promise.all([TenantHub.start(), startDatabase()]);
  reader = new Client(database.options);
  await reader.connect();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const options: Record<string, DestinationConfig["options"]> = {
    pg: { postgres: { ...database.options, schema: "wh", table: "sessions", tls: false } },
    file: { file: { directory: out, format: "jsonl", rotateSeconds: 0.3 } },
    slow: { file: { directory: slow, format: "csv", rotateSeconds: 3600 } },
    hook: { webhook: { url, secret: SECRET } },
    // nobody listens: it must hold up none of the others
    dead: { webhook: { url: "http://127.0.0.1:1/", secret: SECRET } },
  };
  for (const [id, value] of Object.entries(options)) {
    await hub.addDelivery(`to-${id}`, outputOf(id));
    await hub.putDestination({ id, name: id, options: value, revision: 1 });
  }
  const withdrawn: ConsentState = { purposes: [], policyVersion: 1, givenAt: Date.now(), receipt: "r" };
  await (await hub.bucket(BUCKETS.consent)).put(consentKey(APP, WITHDRAWN), JSON.stringify(withdrawn));
  await (await hub.bucket(BUCKETS.deployments)).put(APP, JSON.stringify(deployment(Object.keys(options))));
});

afterEach(async () => {
  await end("SIGKILL");
});
afterAll(async () => {
  await reader?.end();
  await Promise.all([hub?.stop(), database?.stop()]);
  server.close();
});

test("kill -9 of deliver in the middle: each row is once in the files, in PostgreSQL and at the webhook", async () => {
  const expected = new Set<string>();
  start();
  for (let i = 0; i < FRAMES; i++) {
    await hub.publish(OUTPUT.name, `${PIPELINE}.${OUTPUT.name}.0.${i}`, frame(i));
    for (let r = 0; r < ROWS - 1; r++) expected.add(`f${i}-r${r}`);
    if (i % 60 === 59) {
      await eventually(async () => (await inDatabase()).length > i * 3, true);
      await end("SIGKILL");
      start();
    }
  }
  const ids = [...expected].sort();
  await eventually(async () => (await inDatabase()).sort(), ids);
  await eventually(() => inFiles().sort(), ids);
  await eventually(() => inHooks().sort(), ids);
  await eventually(() => pending("to-file", "to-pg", "to-hook"), 0);
  expect(await pending("to-dead")).toBe(FRAMES);
  expect(readdirSync(out).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("a row that PostgreSQL refuses becomes a dead letter, its neighbours are written", async () => {
  start();
  const bad = frame(9000);
  const columns = { ...bad.columns, page: ["good", "nul \u0000", ...Array<string>(ROWS - 2).fill("good")] };
  await hub.publish(OUTPUT.name, "bad", { ...bad, columns });
  await eventually(async () => (await inDatabase()).filter((id) => id.startsWith("f9000-")).length, ROWS - 2);
  const jsm = await jetstreamManager(hub.owner);
  const stored = await jsm.streams.getMessage(STREAMS.dead, { last_by_subj: deadSubject(APP, "deliver", "to-pg") });
  expect(stored?.json<DeadLetter>()).toMatchObject({
    stage: "deliver",
    owner: "to-pg",
    code: "postgres.22021",
    subjectKey: "subject-1",
    row: { $result: "f9000-r1", page: "nul \u0000" },
  });
});

// defect it guards: what had only been claimed under an older policy was delivered, since results did not say so
test("what was only claimed under an older policy is not delivered", async () => {
  start();
  const policy = [1, ...Array<number>(ROWS - 2).fill(2), 2];
  await hub.publish(OUTPUT.name, "claimed", { ...frame(9030), policy });
  // an owner's consent knows no version
  await hub.publish(OUTPUT.name, "owned", { ...frame(9031), policy: Array<number>(ROWS).fill(0) });
  await eventually(async () => (await inDatabase()).includes("f9031-r0"), true);
  const ids = Array.from({ length: ROWS - 2 }, (_, r) => `f9030-r${r + 1}`);
  expect((await inDatabase()).filter((id) => id.startsWith("f9030-")).sort()).toEqual(ids);
});

// defect it guards: the id was told by delivery and result, which a lane knows that has written the result
test("a lane that takes the message id of a dead letter before has no letter dropped", async () => {
  const told = ["f9060-r1", "to-pg\nf9060-r1"].flatMap((id) => [
    createHash("sha256").update(id).digest("base64url"),
    createHmac("sha256", "").update(id).digest("base64url"),
  ]);
  const js = jetstream(hub.owner);
  for (const msgID of told) await js.publish(deadSubject(APP, "process", PIPELINE), "forged", { msgID });
  const bad = frame(9060);
  const columns = { ...bad.columns, page: ["good", "nul \u0000", ...Array<string>(ROWS - 2).fill("good")] };
  start();
  await hub.publish(OUTPUT.name, "told", { ...bad, columns });
  const last = async (): Promise<string> => {
    const jsm = await jetstreamManager(hub.owner);
    const stored = await jsm.streams.getMessage(STREAMS.dead, { last_by_subj: deadSubject(APP, "deliver", "to-pg") });
    return stored?.json<DeadLetter>().row["$result"] as string;
  };
  await eventually(last, "f9060-r1");
});

test("stopping writes what is gathered and acknowledges it", async () => {
  const connection = await hub.connectDeliver();
  const log = createLogger("test", "silent");
  const deliveries = new TenantDeliveries({
    tenant: TENANT,
    sealed: new SealedReader([readFileSync(hub.sealSeedFile, "utf8")]),
    messageKey: () => MESSAGE_KEY,
    connection,
    windowSeconds: 600,
    backOff: DEFAULT_BACK_OFF,
    outgoing: outgoingTo(),
    log,
  });
  deliveries.deploy(deployment(["slow"]));
  await eventually(() => deliveries.counters.get("to-slow")?.state, "up");
  await hub.publish(SLOW.name, "last", frame(9500));
  await eventually(async () => (await consumer("to-slow")).num_ack_pending, 1);
  // handed out is not yet arrived
  await sleep(500);
  expect(readdirSync(slow).filter((name) => name.endsWith(".csv"))).toEqual([]);
  await deliveries.stop();
  await connection.close();
  expect(await pending("to-slow")).toBe(0);
  const [name = ""] = readdirSync(slow).filter((file) => file.endsWith(".csv"));
  expect(readFileSync(join(slow, name), "utf8")).toContain("f9500-r0,");
});

test("kill -9 around an erasure: at each destination the subject goes behind its earlier rows, and nobody else", async () => {
  start();
  await eventually(() => pending("to-file", "to-pg", "to-hook"), 0);
  await end("SIGKILL");
  const erased = "subject-erased";
  const subjectKey = [...Array(ROWS - 1).keys()].map((r) => (r === 2 ? erased : `subject-${r}`)).concat(WITHDRAWN);
  for (let i = 0; i < 20; i++) await hub.publish(OUTPUT.name, `before-${i}`, { ...frame(9100 + i), subjectKey });
  for (const id of ["pg", "file", "hook"]) await hub.erase(`to-${id}`, "era_1", erased);
  await hub.publish(OUTPUT.name, "behind", { ...frame(9150), subjectKey: Array<string>(ROWS).fill("subject-9") });
  for (let i = 0; i < 3; i++) {
    start();
    await sleep(300 + i * 150);
    await end("SIGKILL");
  }
  start();
  const codes = async () =>
    Promise.all(["pg", "file", "hook"].map(async (id) => (await hub.erased(`to-${id}`, "era_1"))?.code ?? "done"));
  await eventually(async () => (await hub.erased("to-pg", "era_1")) !== undefined, true);
  await eventually(async () => (await hub.erased("to-file", "era_1")) !== undefined, true);
  await eventually(async () => (await hub.erased("to-hook", "era_1")) !== undefined, true);
  expect(await codes()).toEqual(["done", "done", "done"]);
  const behind = Array.from({ length: ROWS }, (_, r) => `f9150-r${r}`);
  const left = Array.from({ length: 20 }, (_, i) => [0, 1, 3, 4, 5].map((r) => `f${9100 + i}-r${r}`)).flat();
  const expected = [...left, ...behind].sort();
  const ours = (ids: readonly string[]) => ids.filter((id) => /^f91\d\d-/.test(id)).sort();
  await eventually(async () => ours(await inDatabase()), expected);
  await eventually(() => ours(inFiles()), expected);
  await eventually(() => ours(inHooks()), expected);
  // each destination knows the subject by another key, and none by the hub's
  const key = async (id: string) => JSON.stringify((await hub.erased(`to-${id}`, "era_1"))?.receipt);
  expect(await key("pg")).toMatch(/"rows":\d+/);
  expect(await key("file")).toContain("erasure-era_1-sessions.jsonl");
  const told = [...hooks.values()].filter((body) => body.includes('"erasure"'));
  expect(told).toHaveLength(1);
  expect(told[0]).not.toContain(erased);
  const tombstone = readFileSync(join(out, "erasure-era_1-sessions.jsonl"), "utf8");
  expect((JSON.parse(tombstone) as Keyed).subject_key).not.toBe((JSON.parse(told[0] ?? "{}") as Keyed).subject_key);
});

test("SIGTERM ends it well, also while a destination is away", async () => {
  start();
  await eventually(() => pending("to-file", "to-pg", "to-hook"), 0);
  await hub.publish(OUTPUT.name, "sigterm", frame(9600));
  await eventually(async () => (await inDatabase()).some((id) => id.startsWith("f9600-")), true);
  expect(await end("SIGTERM")).toBe(0);
});

test("kill -9 of nats-server: deliver goes on by itself, and nothing is doubled", async () => {
  start();
  await eventually(() => pending("to-file", "to-pg", "to-hook"), 0);
  await hub.server.kill();
  await hub.server.start();
  await eventually(() => hub.publish(OUTPUT.name, "after", frame(9700)).then(Boolean), true);
  await eventually(async () => (await inDatabase()).filter((id) => id.startsWith("f9700-")).length, ROWS - 1);
  await eventually(() => inFiles().filter((id) => id.startsWith("f9700-")).length, ROWS - 1);
  expect(new Set(inFiles()).size).toBe(inFiles().length);
});

const outputOf = (destination: string): string => (destination === SLOW.name ? SLOW.name : OUTPUT.name);

function deployment(destinations: readonly string[]): Deployment {
  return {
    formatVersion: 1,
    tenant: TENANT,
    application: APP,
    revision: 1,
    policy: {
      version: 2,
      purposes: [{ name: "analytics", description: "", legalBasis: "consent", lifetimeDays: 365 }],
      fields: [],
    },
    sources: [],
    lanes: [{ id: "analytics", purposes: ["analytics"], partitions: 1, fields: [] }],
    pipelines: [
      {
        id: PIPELINE,
        name: PIPELINE,
        version: 1,
        since: 1,
        lane: "analytics",
        definition: { purposes: ["analytics"], time: { disorderSeconds: 60, idleSeconds: 30 }, steps: [] },
        outputs: [OUTPUT, SLOW],
      },
    ],
    deliveries: destinations.map((id) => ({
      id: `to-${id}`,
      pipeline: PIPELINE,
      output: outputOf(id),
      destination: id,
    })),
    subjectSalt: "00",
  };
}

/** `ROWS` rows, the last one of a subject who has withdrawn. */
function frame(i: number): ResultFrame {
  const rows = Array.from({ length: ROWS }, (_, r) => r);
  return {
    revision: 1,
    lane: "analytics",
    n: ROWS,
    id: rows.map((r) => `f${i}-r${r}`),
    subjectKey: rows.map((r) => (r === ROWS - 1 ? WITHDRAWN : `subject-${r}`)),
    columns: { "session.start": rows.map(() => 1_700_000_000_000), page: rows.map((r) => `/${r}`) },
  };
}

function start(): void {
  child = spawn(process.execPath, [join(import.meta.dirname, "../bin/deliver.ts")], {
    stdio: ["ignore", "ignore", process.env["O2MC_TEST_LOG"] === undefined ? "ignore" : "inherit"],
    env: {
      O2MC_NATS_URL: hub.server.url,
      O2MC_NATS_CREDS: hub.deliverCreds,
      O2MC_SEAL_SEED_FILES: hub.sealSeedFile,
      O2MC_PORT: "0",
      O2MC_LOG_LEVEL: "debug",
      O2MC_ALLOW_PRIVATE_NETWORKS: "127.0.0.1/32",
      O2MC_FILE_ROOTS: tmpdir(),
    },
  });
}

async function end(signal: NodeJS.Signals): Promise<number | null> {
  const ending = child;
  child = undefined;
  if (ending === undefined || ending.exitCode !== null) return ending?.exitCode ?? null;
  const exit = once(ending, "exit");
  ending.kill(signal);
  await exit;
  return ending.exitCode;
}

async function inDatabase(): Promise<string[]> {
  const there = await reader.query("select to_regclass('wh.sessions') as name");
  if ((there.rows as { name: string | null }[])[0]?.name === null) return [];
  const result = await reader.query<{ result_id: string }>("select result_id from wh.sessions");
  return result.rows.map((row) => row.result_id);
}

function inFiles(): string[] {
  return readdirSync(out)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(join(out, name), "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as Keyed & { id: string })
    .filter(({ subject_key: key, type }, _, all) => {
      return type === undefined && !all.some((other) => other.type === "erasure" && other.subject_key === key);
    })
    .map(({ id }) => id);
}

interface Keyed {
  readonly type?: "erasure";
  readonly subject_key: string | null;
}

/** by webhook-id, the receiver's idempotency key */
function inHooks(): string[] {
  const messages = [...hooks.values()].map(
    (body) => JSON.parse(body) as Partial<Keyed> & { rows?: (Keyed & { id: string })[] },
  );
  const erased = new Set(messages.flatMap(({ type, subject_key: key }) => (type === "erasure" ? [key] : [])));
  const rows = messages.flatMap((message) => message.rows ?? []);
  return rows.filter((row) => !erased.has(row.subject_key)).map(({ id }) => id);
}

async function pending(...deliveries: string[]): Promise<number> {
  const infos = await Promise.all(deliveries.map(consumer));
  return infos.reduce((sum, info) => sum + info.num_pending + info.num_ack_pending, 0);
}

async function consumer(delivery: string): Promise<ConsumerInfo> {
  const jsm = await jetstreamManager(hub.owner);
  return jsm.consumers.info(STREAMS.results, deliveryConsumer(delivery));
}
