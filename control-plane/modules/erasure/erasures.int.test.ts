import { readKey, writeKey } from "@o2mc/runtime/bucket.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";
import { partitionOf } from "@o2mc/schema/events/partition.ts";
import {
  BUCKETS,
  checkpointKey,
  consentKey,
  deadSubject,
  deliveryErasureSubject,
  erasedKey,
  erasureSubject,
  STREAMS,
} from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../../e2e/testkit/nats-operator.ts";
import { SecretBox } from "../../db/secret.ts";
import { Eraser } from "../../erase/eraser.ts";
import type { TenantConnection } from "../../hub/connection.ts";
import { Hub } from "../../hub/hub.ts";
import { readReceipts } from "../../hub/receipts.ts";
import { ensureAccount } from "../../publish/ensure-account.ts";
import { startApi, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";
import { machineToken } from "../../test/machine-token.ts";
import { tenantHub } from "../result/tenant-hub.ts";

const log = createLogger("test", "silent");
const secrets = new SecretBox(Buffer.alloc(32, 7));

let server: NatsOperator;
let hub: Hub;
let api: TestApi;
let tenant: Fixture;
let connection: TenantConnection;
let officer: string;
let eraser: Eraser;

beforeAll(async () => {
  server = await startNatsOperator();
  hub = await Hub.connect(server);
  api = await startApi({ hub: (orm, box) => tenantHub(orm, box, hub, log) });
  tenant = await makeTenant(api, "one");
  await makeTenant(api, "two");
  const account = await ensureAccount(api.database.orm, secrets, "one");
  if (account === null) throw new Error("no tenant");
  connection = await hub.ensureTenant("one", account);
  officer = await api.issuer.token({ tenant: "one", roles: ["privacy-officer"], sub: "officer" });
  eraser = startEraser();
});

afterAll(async () => {
  await eraser?.stop();
  await api?.stop();
  await hub?.close();
  await server?.stop();
});

function startEraser(): Eraser {
  const { orm, url } = api.database;
  const started = new Eraser({ orm, secrets, hub, log, databaseUrl: url });
  started.start();
  return started;
}

const GIVE = `mutation ($a: ID!, $s: String!) { giveConsent(application: $a, subject: $s, purposes: ["analytics"]) }`;
const ERASE = `mutation ($a: ID!, $s: String!) { eraseSubject(application: $a, subject: $s) { id subjectKey doneAt } }`;
const ERASURE = `query ($id: ID!) { erasure(id: $id) { doneAt requestedBy
  parts { kind state attempts lastError receipt doneAt } } }`;
const LIST = `query ($a: ID!) { erasures(application: $a) { edges { node { id parts { kind } } } } }`;

interface Asked {
  readonly id: string;
  readonly subjectKey: string;
}
interface Progress {
  readonly doneAt: string | null;
  readonly requestedBy: string;
  readonly parts: readonly {
    readonly kind: string;
    readonly state: string;
    readonly attempts: number;
    readonly lastError: string | null;
    readonly receipt: Readonly<Record<string, unknown>> | null;
  }[];
}

const give = (s: string) => api.ask(officer, GIVE, { a: tenant.application, s });
const erase = async (s: string): Promise<Asked> =>
  (await api.ask(officer, ERASE, { a: tenant.application, s })).get("eraseSubject");
const progress = async (id: string): Promise<Progress> => (await api.ask(officer, ERASURE, { id })).get("erasure");

async function deleteDelivery(): Promise<void> {
  const developer = await api.issuer.token({ tenant: "one", roles: ["developer"], sub: "developer" });
  const text = `mutation ($d: ID!) { deleteDelivery(delivery: $d) }`;
  expect((await api.ask(developer, text, { d: tenant.delivery })).codes).toEqual([]);
}

async function until(id: string, reached: (erasure: Progress) => boolean): Promise<Progress> {
  for (;;) {
    const erasure = await progress(id);
    if (reached(erasure)) return erasure;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const done = (id: string) => until(id, ({ doneAt }) => doneAt !== null);

const consentOf = async (subjectKey: string): Promise<ConsentState | undefined> =>
  (await connection.consent.get(consentKey(tenant.application, subjectKey)))?.json<ConsentState>();

/** Consent that is given, and the key of who gave it. */
async function given(s: string): Promise<string> {
  await give(s);
  const query = `query ($a: ID!, $s: String!) { receipts(application: $a, subject: $s) { subjectKey } }`;
  const answer = await api.ask(officer, query, { a: tenant.application, s });
  return answer.get<{ subjectKey: string }[]>("receipts")[0]?.subjectKey ?? "";
}

async function deadLetter(subjectKey: string): Promise<number> {
  const owner = tenant.pipeline;
  const letter: DeadLetter = {
    v: 1,
    at: 1,
    stage: "process",
    owner,
    code: "late",
    message: "late",
    subjectKey,
    row: { page: "/private" },
  };
  const subject = deadSubject(tenant.application, "process", owner);
  return (await connection.js.publish(subject, JSON.stringify(letter))).seq;
}
const letter = (seq: number) => connection.jsm.streams.getMessage(STREAMS.dead, { seq }).catch(() => null);

test("a delivery is told behind its results, a refusal is repeated, and what it answers is the proof", async () => {
  const { nc, jsm, deployments } = connection;
  const { application } = tenant;
  const { id, subjectKey } = await erase("delivered");
  const partOf = ({ parts }: Progress) => parts.find(({ kind }) => kind === "DESTINATIONS");
  const placeOf = (erasure: Progress) =>
    ((partOf(erasure)?.receipt?.["deliveries"] ?? []) as readonly Readonly<Record<string, unknown>>[])[0];
  // it does not run: the erasure waits, for all to see
  const waiting = await until(id, (erasure) => placeOf(erasure) !== undefined);
  expect(placeOf(waiting)).toMatchObject({ delivery: tenant.delivery, state: "not-told" });

  await deployments.put(application, JSON.stringify({ application, lanes: [], deliveries: [{ id: tenant.delivery }] }));
  const lost = await until(id, (erasure) => placeOf(erasure)?.["state"] === "told");
  // it goes with the consumer of a delivery that was stopped: then it is told again
  await jsm.streams.deleteMessage(STREAMS.results, Number(placeOf(lost)?.["message"]));
  await until(id, (erasure) => Number(placeOf(erasure)?.["message"]) > Number(placeOf(lost)?.["message"]));
  const subject = deliveryErasureSubject(application, tenant.delivery);
  const message = await jsm.streams.getMessage(STREAMS.results, { last_by_subj: subject });
  expect(message?.json()).toEqual({ v: 1, erasure: id, subjectKey });

  const answer = { v: 1, at: 1, receipt: {} };
  const key = erasedKey(application, id, tenant.delivery);
  await writeKey(nc, BUCKETS.erasures, key, JSON.stringify({ ...answer, code: "webhook.410" }));
  const refused = await until(id, (erasure) => placeOf(erasure)?.["attempts"] === 1);
  expect(placeOf(refused)).toMatchObject({ state: "refused", code: "webhook.410" });
  expect(refused.doneAt).toBeNull();
  await until(id, (erasure) => placeOf(erasure)?.["state"] === "told");
  await writeKey(nc, BUCKETS.erasures, key, JSON.stringify({ ...answer, receipt: { rows: 3 } }));
  expect(placeOf(await done(id))).toMatchObject({ state: "done", receipt: { rows: 3 } });
  await deployments.delete(application);
});

test("a delivery that is deleted meanwhile keeps no erasure open", async () => {
  const { id } = await erase("undeliverable");
  await until(id, ({ parts }) => parts.some(({ kind, state }) => kind === "DESTINATIONS" && state === "WAITING"));
  await deleteDelivery();
  const [place] = (await done(id)).parts.flatMap(({ receipt }) => (receipt?.["deliveries"] ?? []) as object[]);
  expect(place).toMatchObject({ delivery: tenant.delivery, state: "deleted" });
});

test("an erasure withdraws, deletes the subject's dead letters and nobody else's, and proves each part", async () => {
  const [ann, bob] = [await given("ann"), await given("bob")];
  const anns = [await deadLetter(ann), await deadLetter(ann)];
  const bobs = await deadLetter(bob);
  // one that no reader understands is in nobody's way
  await connection.js.publish(deadSubject(tenant.application, "process", tenant.pipeline), "{");

  const { id, subjectKey } = await erase("ann");
  expect(subjectKey).toBe(ann);
  const erasure = await done(id);
  expect(erasure.requestedBy).toBe("officer");
  expect(Object.fromEntries(erasure.parts.map((part) => [part.kind, part]))).toMatchObject({
    CONSENT: { state: "DONE", attempts: 0, lastError: null, receipt: { receipt: id } },
    DEAD_LETTERS: { state: "DONE", receipt: { deleted: 2 } },
  });
  // a denial stays, lest an old claim of an event open the gate again
  expect(await consentOf(ann)).toMatchObject({ purposes: [], receipt: id });
  expect(await consentOf(bob)).toMatchObject({ purposes: ["analytics"] });
  const receipts = await readReceipts(connection, tenant.application, ann);
  expect(receipts.map(({ receipt }) => receipt.event.kind)).toEqual(["given", "withdrawn"]);
  expect(await Promise.all(anns.map(letter))).toEqual([null, null]);
  expect(await letter(bobs)).not.toBeNull();
});

test("it is on record, asked for and done, without the subject's name", async () => {
  const { id } = await erase("jane.doe@example.com");
  await done(id);
  const audit = await api.ask(officer, `{ auditLog(first: 200) { edges { node { action target actor details } } } }`);
  expect(audit.text).toMatch(new RegExp(`"erasure.requested","target":"${id}","actor":"officer"`));
  expect(audit.text).toMatch(new RegExp(`"erasure.done","target":"${id}","actor":"eraser"`));
  const list = await api.ask(officer, LIST, { a: tenant.application });
  expect(list.text).toContain(id);
  expect(audit.text + list.text).not.toContain("jane.doe");
});

test("an erasure while the hub is down is repeated until it is done, with what went wrong", async () => {
  const zoe = await given("zoe");
  const seq = await deadLetter(zoe);
  await server.kill();
  const { id } = await erase("zoe");
  const failing = await until(id, ({ parts }) => parts.some(({ attempts }) => attempts > 0));
  expect(failing.parts.find(({ kind }) => kind === "CONSENT")).toMatchObject({ state: "OPEN", receipt: null });
  expect(failing.parts.find(({ kind }) => kind === "CONSENT")?.lastError).toBeTruthy();
  // nothing is taken out before the subject's data has stopped coming
  expect(failing.parts.find(({ kind }) => kind === "DEAD_LETTERS")).toMatchObject({ state: "OPEN", attempts: 0 });
  await server.start();
  expect((await done(id)).parts.map(({ state, lastError }) => [state, lastError])).toEqual([
    ["DONE", null],
    ["DONE", null],
    ["DONE", null],
    ["DONE", null],
  ]);
  expect(await letter(seq)).toBeNull();
  expect(await consentOf(zoe)).toMatchObject({ purposes: [] });
});

// defect it guards: what is under way would put again what was taken out before the withdrawal
test("consent goes first: while it cannot be withdrawn no other part begins", async () => {
  const eve = await given("eve");
  const seq = await deadLetter(eve);
  const { jsm } = connection;
  const { config } = await jsm.streams.info(STREAMS.receipts);
  // no withdrawal without its receipt; everything else would work
  await jsm.streams.delete(STREAMS.receipts);
  const { id } = await erase("eve");
  const consentOfIt = ({ parts }: Progress) => parts.find(({ kind }) => kind === "CONSENT");
  try {
    // the third attempt: every other part has had its turn twice
    const failing = await until(id, (erasure) => (consentOfIt(erasure)?.attempts ?? 0) > 2);
    expect(consentOfIt(failing)).toMatchObject({ state: "OPEN" });
    const others = failing.parts.filter(({ kind }) => kind !== "CONSENT");
    expect(others.map(({ state, attempts, receipt }) => [state, attempts, receipt])).toEqual([
      ["OPEN", 0, null],
      ["OPEN", 0, null],
      ["OPEN", 0, null],
    ]);
    expect(await letter(seq)).not.toBeNull();
  } finally {
    await jsm.streams.add(config);
  }
  await done(id);
  expect(await letter(seq)).toBeNull();
  expect(await consentOf(eve)).toMatchObject({ purposes: [] });
});

test("an erasure that was asked for while no eraser ran is caught up, and leaves one receipt when it is repeated", async () => {
  await eraser.stop();
  const { id, subjectKey } = await erase("late");
  expect((await progress(id)).parts.map(({ state }) => state)).toEqual(["OPEN", "OPEN", "OPEN", "OPEN"]);
  // two control planes at once
  eraser = startEraser();
  const other = startEraser();
  await done(id);
  await other.stop();
  const receipts = await readReceipts(connection, tenant.application, subjectKey);
  expect(receipts.map(({ receipt }) => receipt.id)).toEqual([id]);
});

test("a partition is told in its own log and counts when its checkpoint says so; lanes that are gone lose theirs", async () => {
  const { nc, jsm, deployments } = connection;
  const { application } = tenant;
  const lanes = [{ id: "analytics", purposes: ["analytics"], partitions: 2, fields: [] }];
  await deployments.put(application, JSON.stringify({ application, lanes, deliveries: [] }));
  const gone = checkpointKey(application, "former", 0);
  await writeKey(nc, BUCKETS.checkpointHeads, gone, JSON.stringify({ sequence: 1, oldest: 1 }));
  await connection.js.publish(`cp.${gone}.w.0.0`, "the state of a lane that is gone");

  const { id, subjectKey } = await erase("stateful");
  const partOf = ({ parts }: Progress) => parts.find(({ kind }) => kind === "PROCESS");
  const waiting = await until(id, (erasure) => partOf(erasure)?.state === "WAITING");
  const told = (partOf(waiting)?.receipt?.["partitions"] ?? []) as readonly { partition: number; frame: number }[];
  const [place] = told;
  const partition = partitionOf(subjectKey, 2);
  expect(place).toMatchObject({ lane: "analytics", partition, done: false });
  const frame = await jsm.streams.getMessage(STREAMS.events, { seq: place?.frame ?? 0 });
  expect(frame?.subject).toBe(erasureSubject(application, "analytics", partition));
  expect(frame?.json()).toMatchObject({ erasure: id, subjectKey });
  expect(partOf(waiting)?.receipt).toMatchObject({ purged: [gone] });
  expect(await readKey(nc, BUCKETS.checkpointHeads, gone)).toBeUndefined();
  expect((await jsm.streams.info(STREAMS.checkpoints)).state.messages).toBe(0);

  // processed, but an older snapshot is still there
  const head = { sequence: place?.frame, oldest: (place?.frame ?? 0) - 1 };
  const key = checkpointKey(application, "analytics", partition);
  await writeKey(nc, BUCKETS.checkpointHeads, key, JSON.stringify(head));
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await progress(id)).toMatchObject({ doneAt: null });
  await writeKey(nc, BUCKETS.checkpointHeads, key, JSON.stringify({ ...head, oldest: place?.frame }));
  await done(id);
  await deployments.delete(application);
});

test("nobody but a privacy officer of the tenant erases, and no program at all", async () => {
  for (const role of ["owner", "developer", "analyst"] as const) {
    const token = await api.issuer.token({ tenant: "one", roles: [role], sub: role });
    expect((await api.ask(token, ERASE, { a: tenant.application, s: "ann" })).codes).toEqual(["FORBIDDEN"]);
  }
  await expect(machineToken(api, "one", ["subject.erase"])).rejects.toThrow("SCOPE_NOT_ALLOWED");
  const { secret } = await machineToken(api, "one", ["erasure.read"]);
  expect((await api.ask(secret, ERASE, { a: tenant.application, s: "ann" })).codes).toEqual(["FORBIDDEN"]);
  const foreigner = await api.issuer.token({ tenant: "two", roles: ["privacy-officer"], sub: "mallory" });
  const { id } = await erase("ann");
  expect((await api.ask(foreigner, ERASE, { a: tenant.application, s: "ann" })).codes).toEqual(["NOT_FOUND"]);
  expect((await api.ask(foreigner, ERASURE, { id })).codes).toEqual(["NOT_FOUND"]);
  expect((await api.ask(foreigner, LIST, { a: tenant.application })).codes).toEqual(["NOT_FOUND"]);
  await done(id);
});
