import type { NatsConnection } from "@nats-io/transport-node";
import { readKey } from "@o2mc/runtime/bucket.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { connectWithCreds, connectWithCredential } from "@o2mc/runtime/nats.ts";
import { watchBucket } from "@o2mc/runtime/watch-bucket.ts";
import type { Deployment, TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import {
  bucketStream,
  BUCKETS,
  consentCopy,
  consentKey,
  directoryBucket,
  HUB_API,
  laneAccessKey,
} from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../e2e/testkit/nats-operator.ts";
import { putDeployment } from "../publish/put-deployment.ts";
import { newTenantAccount } from "./accounts.ts";
import type { TenantConnection } from "./connection.ts";
import { ensureConsentCopy } from "./consent-copy.ts";
import { Hub } from "./hub.ts";

const log = createLogger("consent-copy-test", "silent");
const account = newTenantAccount();
const tenant = "acme";
const BEFORE = 1_500;

let server: NatsOperator;
let hub: Hub;
let control: TenantConnection;
let lane: NatsConnection;

beforeAll(async () => {
  server = await startNatsOperator();
  hub = await Hub.connect(server);
  for (const worker of server.workers) await hub.serveWorker(worker);
  control = await hub.ensureTenant(tenant, account);
  // from a version before: consent is stored, and there is no copy
  for (const app of ["app", "other"]) {
    await Promise.all(Array.from({ length: BEFORE }, (_, i) => put(app, `s${i}`, "granted")));
  }
  for (const app of ["app", "other"]) await deploy(app);
  const platform = await connectWithCreds({ url: server.url, name: "test", credsFile: server.platformCreds });
  const entry = await readKey(platform, directoryBucket("process"), laneAccessKey(tenant, "app", "analytics"));
  await platform.close();
  const access = JSON.parse(new TextDecoder().decode(entry?.value)) as TenantAccess;
  lane = await connectWithCredential({ url: server.url, name: "lane", inboxPrefix: "_INBOX_process" }, () => access);
});

afterAll(async () => {
  await lane?.close();
  await hub?.close();
  await server?.stop();
});

const put = (app: string, subject: string, value: string): Promise<number> =>
  control.consent.put(consentKey(app, subject), value);

async function deploy(application: string): Promise<void> {
  const deployment: Deployment = {
    formatVersion: 1,
    tenant,
    application,
    revision: 1,
    policy: { version: 1, purposes: [], fields: [] },
    sources: [],
    lanes: [{ id: "analytics", purposes: ["analytics"], partitions: 1, fields: [] }],
    pipelines: [],
    deliveries: [],
    subjectSalt: "00",
  };
  await putDeployment(control, deployment, {
    openLanes: (document) => hub.openLanes(account, document),
    closeLanes: (document) => hub.closeLanes(account, { tenant, ...document }),
  });
}

/** As a lane's worker follows consent; `complete` = how often it has known all. */
function follow(nats: NatsConnection, copy = consentCopy("app")) {
  const values = new Map<string, string>();
  const followed = { values, complete: 0, stop: (): void => watch.stop() };
  const watch = watchBucket(
    nats,
    BUCKETS.consent,
    {
      put: (key, value) => void values.set(key, new TextDecoder().decode(value)),
      gone: (key) => void values.delete(key),
      complete: () => void followed.complete++,
      stale: () => undefined,
    },
    log,
    { keys: "app.>", copy },
  );
  return followed;
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((later) => setTimeout(later, 25));
  expect(holds()).toBe(true);
}

async function expectNothing(subject: string, payload = ""): Promise<void> {
  const answer = await lane.request(subject, payload, { timeout: 500 }).then(
    (message) => message.string(),
    () => undefined,
  );
  expect(answer, subject).toBeUndefined();
}

test("a lane reads the consent of its own application, stored before there was a copy too, and hears what changes", async () => {
  const followed = follow(lane);
  await until(() => followed.complete > 0);
  expect(followed.values.size).toBe(BEFORE);
  await put("other", "s1", "foreign");
  await put("app", "s1", "withdrawn");
  await until(() => followed.values.get("app.s1") === "withdrawn");
  expect([...followed.values.keys()].filter((key) => !key.startsWith("app."))).toEqual([]);
  followed.stop();
});

// defect: one bucket's batch read names its keys in its content, so that a lane of one application read all others' consent
test("a lane's credential gets nothing of the consent of another application of its tenant", async () => {
  for (const payload of [
    '{"seq":1,"next_by_subj":"$KV.consent.other.>","batch":10}',
    '{"multi_last":["$KV.consent.other.>"]}',
    '{"last_by_subj":"$KV.consent.other.s1"}',
    '{"seq":1}',
  ]) {
    await expectNothing(`${HUB_API}.DIRECT.GET.${bucketStream(BUCKETS.consent)}`, payload);
    await expectNothing(`${HUB_API}.DIRECT.GET.${consentCopy("other")}`, payload);
    await expectNothing(`${HUB_API}.STREAM.MSG.GET.${consentCopy("other")}`, payload);
    // of its own copy it may ask anything, and finds nothing there
    const answer = await lane.request(`${HUB_API}.DIRECT.GET.${consentCopy("app")}`, payload, { timeout: 2_000 });
    expect(`${answer.headers?.get("Nats-Subject")}`).not.toContain("other");
  }
  for (const keys of ["other.s1", "other.>", "*.s1", ">"]) {
    await expectNothing(`${HUB_API}.DIRECT.GET.${bucketStream(BUCKETS.consent)}.$KV.consent.${keys}`);
  }
  const heard: string[] = [];
  lane.subscribe("kv.consent.>", { callback: (_, message) => void heard.push(message.subject) });
  await lane.flush();
  await put("other", "s2", "foreign");
  await put("app", "s2", "own");
  await until(() => heard.length > 0);
  expect(heard).toEqual(["kv.consent.app.s2"]);
});

// defect it guards: mirrors answer direct reads of their stream, so that the bucket seemed not to have what one of them lacks
test("only the bucket itself answers reads of the bucket", async () => {
  for (let i = 0; i < 40; i++) {
    expect(await readKey(control.nc, BUCKETS.consent, "app.s1")).toBeDefined();
    expect(await readKey(control.nc, BUCKETS.consent, "other.s1")).toBeDefined();
  }
});

test("a withdrawal that was stored before the reading began holds as soon as all is known, however far the copy is", async () => {
  for (let i = 0; i < 20; i++) {
    await put("app", "s3", `state ${i}`);
    const followed = follow(lane);
    await until(() => followed.complete > 0);
    expect(followed.values.get("app.s3")).toBe(`state ${i}`);
    followed.stop();
  }
});

test("a copy that is behind its bucket, or of another life of it, is not taken for the whole", async () => {
  const { jsm } = control;
  await jsm.streams.add({ name: "BEHIND", subjects: ["$KV.x.>"], allow_direct: true });
  const behind = follow(control.nc, "BEHIND");
  const ahead = follow(control.nc);
  await until(() => ahead.complete > 0);
  await new Promise((later) => setTimeout(later, 1_500));
  expect(behind.complete).toBe(0);
  behind.stop();
  ahead.stop();
  // the bucket is lost and made anew: its sequences begin again, and a copy of the old one knows higher ones
  await jsm.streams.delete(bucketStream(BUCKETS.consent));
  await hub.ensureTenant(tenant, account);
  await put("app", "s4", "withdrawn");
  const old = follow(lane);
  await new Promise((later) => setTimeout(later, 1_500));
  expect(old.complete).toBe(0);
  await ensureConsentCopy(jsm, "app");
  await until(() => old.complete > 0);
  expect([...old.values]).toEqual([["app.s4", "withdrawn"]]);
  old.stop();
});
