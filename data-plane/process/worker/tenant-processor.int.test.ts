import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { readKey } from "@o2mc/runtime/bucket.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { PartitionHealth } from "@o2mc/schema/health/lane-health.ts";
import { BUCKETS, checkpointKey, consentKey, eventSubject, STREAMS } from "@o2mc/schema/subjects.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LANE, output, SESSIONS, testDeployment, testPipeline } from "../testkit/deployment.ts";
import { TestHub } from "../testkit/hub.ts";
import { startPlainServer, type PlainServer } from "../testkit/nats-server.ts";
import { until } from "../testkit/until.ts";
import { TenantProcessor } from "./tenant-processor.ts";

const PASS = testPipeline({
  id: "pass",
  steps: [{ emit: { output: "all" } }],
  outputs: [output("all", ["page.path"])],
});
const DEPLOYMENT = testDeployment([PASS, SESSIONS]);
const log = createLogger("test", process.env["O2MC_TEST_LOG"] === undefined ? "fatal" : "info");

let server: PlainServer;
let nats: NatsConnection;
let hub: TestHub;
let processor: TenantProcessor;

beforeEach(async () => {
  server = await startPlainServer(process.env["O2MC_NATS_SERVER"]);
  nats = await connect({ servers: server.url });
  hub = new TestHub(nats);
  await hub.prepare(DEPLOYMENT);
  processor = new TenantProcessor({ nats, inboxPrefix: "_INBOX_process", geoip: () => undefined, log });
  await processor.deploy(DEPLOYMENT);
});

afterEach(async () => {
  await processor?.stop();
  await nats?.close();
  await server?.stop();
});

const event = (id: string, subject = "s") => ({ id, subject, time: Date.now(), values: { "page.path": `/${id}` } });

const passed = async (): Promise<string[]> =>
  (await hub.results()).flatMap(({ columns, id }) => (columns["page.path"] === undefined ? [] : id));

const counts = (): Record<string, number> => processor.status()["app/analytics/0"]?.counts ?? {};

/** Waits until everything that was sent is processed. */
const processed = (events: number): Promise<true> => until(() => (counts()["events"] === events ? true : undefined));

it("drops the events of a subject who has withdrawn, and of one whose stored consent does not cover the lane", async () => {
  const consent = await new Kvm(nats).open(BUCKETS.consent);
  const state = { policyVersion: 1, givenAt: Date.now(), receipt: "r" };
  await consent.put(consentKey("app", "gone"), JSON.stringify({ ...state, purposes: [] }));
  await consent.put(consentKey("app", "other"), JSON.stringify({ ...state, purposes: ["marketing"] }));
  await consent.put(consentKey("app", "fine"), JSON.stringify({ ...state, purposes: ["analytics", "marketing"] }));
  // the processor learns of it in its own time
  let probes = 0;
  await until(async () => {
    await hub.send(DEPLOYMENT, [event(`probe${probes++}`, "gone")]);
    return counts()["denied.withdrawn"] === undefined ? undefined : true;
  });
  await hub.send(DEPLOYMENT, [event("a", "gone"), event("b", "other"), event("c", "fine"), event("d", "new")]);
  await processed(probes + 4);
  expect((await passed()).filter((id) => !id.includes("probe"))).toEqual(["src/c", "src/d"]);
  expect(counts()["denied.no-consent"]).toBe(1);
});

it("drops the events of a source whose owner has revoked the grant", async () => {
  const [source] = DEPLOYMENT.sources;
  if (source === undefined) throw new Error("no source");
  const owned = (granted: boolean, revision: number): Deployment => ({
    ...DEPLOYMENT,
    revision,
    sources: [{ ...source, consentMode: "owner", grant: { granted, purposes: ["analytics"] } }],
  });
  await processor.deploy(owned(true, 2));
  await hub.send(DEPLOYMENT, [event("a")]);
  await processed(1);
  await processor.deploy(owned(false, 3));
  await hub.send(DEPLOYMENT, [event("b")]);
  await processed(2);
  expect(await passed()).toEqual(["src/a"]);
  expect(counts()["denied.grant-revoked"]).toBe(1);
});

it("waits for the deployment that a frame was cut for", async () => {
  const next: Deployment = {
    ...DEPLOYMENT,
    revision: 2,
    pipelines: [PASS, SESSIONS, { ...PASS, id: "later", since: 2 }],
  };
  await hub.send(DEPLOYMENT, [event("a")]);
  await processed(1);
  await hub.send(next, [event("b")]);
  await hub.send(next, [event("c")]);
  await processor.deploy(next);
  await processed(3);
  const later = await until(async () => {
    const frames = await hub.results();
    return frames.length >= 5 ? frames.filter(({ revision }) => revision === 2) : undefined;
  });
  expect(later.flatMap(({ id }) => id)).toEqual(["src/b", "src/b", "src/c", "src/c"]);
});

it("takes what a client sends again once, also after a restart from the checkpoint", async () => {
  await hub.send(DEPLOYMENT, [event("a"), event("b")]);
  await processed(2);
  await processor.stop();
  processor = new TenantProcessor({ nats, inboxPrefix: "_INBOX_process", geoip: () => undefined, log });
  await processor.deploy(DEPLOYMENT);
  await hub.send(DEPLOYMENT, [event("b"), event("c")]);
  await processed(2);
  expect(await passed()).toEqual(["src/a", "src/b", "src/c"]);
  expect(counts()["duplicates"]).toBe(1);
});

it("shows a frame that it cannot take in the dead letters and goes on", async () => {
  await nats.request(eventSubject("app", LANE.id, 0), "{not json");
  await nats.request(eventSubject("app", LANE.id, 0), JSON.stringify({ v: 1, revision: 1, at: 0, n: 3 }));
  await hub.send(DEPLOYMENT, [event("a")]);
  await until(async () => ((await passed()).length > 0 ? true : undefined));
  expect((await hub.dead()).map(({ code }) => code)).toEqual(["frame-failed", "frame-failed"]);
});

it("acknowledges everything after the checkpoint and keeps one snapshot", async () => {
  for (let i = 0; i < 30; i++) await hub.send(DEPLOYMENT, [event(`e${i}`)]);
  await processed(30);
  await processor.stop();
  expect(await hub.eventsLeft()).toBe(0);
  // two slots of one chunk take turns
  const { state } = await (await jetstreamManager(nats)).streams.info(STREAMS.checkpoints);
  expect(state.messages).toBeLessThanOrEqual(2);
  const heads = await new Kvm(nats).open(BUCKETS.checkpointHeads);
  const head = (await heads.get("app.analytics.0"))?.json();
  expect(head).toMatchObject({ formatVersion: 2, sequence: 30, revision: 1 });
});

it("forgets an erased subject's session, in every snapshot that is stored, and then says so in the head", async () => {
  const key = "an-erased-subject";
  await hub.send(DEPLOYMENT, [event("a", key), event("b", "neighbour")]);
  await processed(2);
  const heads = await new Kvm(nats).open(BUCKETS.checkpointHeads);
  const head = async () =>
    (await heads.get("app.analytics.0"))?.json<{ sequence: number; oldest?: number }>() ?? { sequence: 0 };
  await until(async () => ((await hub.snapshots()).includes(key) ? true : undefined));
  const place = await hub.erase(DEPLOYMENT, LANE, key);
  await until(async () => (((await head()).oldest ?? 0) >= place ? true : undefined));
  const stored = await hub.snapshots();
  expect(stored).not.toContain(key);
  expect(stored).toContain("neighbour");
  expect(processor.status()["app/analytics/0"]?.open).toBe(1);
});

it("erases over a restart: what was not in the checkpoint is erased in the replay, at the same place", async () => {
  await hub.send(DEPLOYMENT, [event("a", "gone")]);
  await processed(1);
  await processor.stop();
  await hub.send(DEPLOYMENT, [event("b", "gone"), event("c", "stays")]);
  await hub.erase(DEPLOYMENT, LANE, "gone");
  await hub.send(DEPLOYMENT, [event("d", "gone")]);
  processor = new TenantProcessor({ nats, inboxPrefix: "_INBOX_process", geoip: () => undefined, log });
  await processor.deploy(DEPLOYMENT);
  await processed(3);
  expect(await passed()).toEqual(["src/a", "src/b", "src/c", "src/d"]);
  await processor.stop();
  // the erased one's later event has a session of its own
  expect(await hub.snapshots()).toMatch(/"events":\[1,1\]/);
});

it("keeps a lane's state within its quota: new sessions are refused, counted and shown, existing ones go on, over a restart too", async () => {
  const limited = testDeployment([SESSIONS], { revision: 2, lanes: [{ ...LANE, stateBytes: 2_000 }] });
  await processor.deploy(limited);
  const visitors = (round: string) => Array.from({ length: 200 }, (_, v) => event(`${round}${v}`, `visitor${v}`));
  await hub.send(limited, visitors("a"));
  await processed(200);
  const status = () => processor.status()["app/analytics/0"];
  const open = status()?.open ?? 0;
  expect(open).toBeGreaterThan(5);
  expect(open).toBeLessThan(20);
  expect(status()?.state).toMatchObject({ limit: 2_000, refused: 200 - open });
  expect(status()?.state.bytes).toBeGreaterThan(1_000);
  await processor.stop();
  processor = new TenantProcessor({ nats, inboxPrefix: "_INBOX_process", geoip: () => undefined, log });
  await processor.deploy(limited);
  await hub.send(limited, visitors("b"));
  await processed(200);
  expect(status()).toMatchObject({ open, state: { refused: 200 - open } });
  const letters = await hub.dead();
  expect(letters.map(({ code }) => code)).toEqual(["state-quota", "state-quota"]);
  expect(letters[0]?.message).toContain(`${200 - open} rows`);
  await processor.stop();
  expect(await hub.snapshots()).toContain(`"events":[${Array(open).fill(2).join(",")}]`);
});

it("tells the hub what each step has done, and how far behind it is", async () => {
  await hub.send(DEPLOYMENT, [event("a"), event("b", "t")], { at: Date.now() - 60_000 });
  await processed(2);
  const health = await until(async () => {
    const stored = await readKey(nats, BUCKETS.health, checkpointKey("app", LANE.id, 0));
    const report = stored && (JSON.parse(Buffer.from(stored.value).toString()) as PartitionHealth);
    return report?.events === 2 ? report : undefined;
  });
  expect(health).toMatchObject({ revision: 1, frames: 1, state: { limit: null, refused: 0 } });
  expect(health.lagMs).toBeGreaterThanOrEqual(60_000);
  expect(health.pipelines).toMatchObject([
    { pipeline: "pass", steps: [{ place: "1", verb: "emit", in: 2, out: 2 }] },
    { pipeline: "p1", steps: [{ verb: "sessionize", in: 2, keys: 2 }, { verb: "emit" }] },
  ]);
  expect(health.pipelines[1]?.steps[0]?.nanoseconds).toBeGreaterThan(0);
});
