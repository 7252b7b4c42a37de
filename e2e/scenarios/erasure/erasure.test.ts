import { afterAll, beforeAll, expect, test } from "vitest";
import { accessToken, ask } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { postEvents } from "../../testkit/ingest.ts";
import { freezeChild, killChild } from "../../testkit/kill.ts";
import { startPlatform, type Endpoints, type Platform } from "../../testkit/platform.ts";
import { openTenantHub, type TenantHub } from "../../testkit/tenant-hub.ts";
import { ErasurePlaces } from "./places.ts";

const PURPOSES = [{ name: "analytics", legalBasis: "CONSENT", lifetimeDays: 30 }];
const FIELDS = [{ path: "page", type: "STRING", purposes: ["analytics"] }];
const PAGES = { purposes: ["analytics"], steps: [{ emit: { output: "pages", fields: ["page"] } }] };
/** they stay open over the whole test */
const SESSIONS = {
  purposes: ["analytics"],
  time: { disorderSeconds: 10, idleSeconds: 30 },
  steps: [
    { sessionize: { gapSeconds: 3600, sticky: [{ field: "page", keep: "LAST", as: "exit" }] } },
    { emit: { output: "sessions" } },
  ],
};
const HOUR_MS = 3_600_000;

let platform: Platform;
let endpoints: Endpoints;
let hub: TenantHub;
let places: ErasurePlaces;
let developer: string;
let officer: string;
let application: string;
let source: { readonly id: string; readonly writeKey: string };

const made = async (token: string, query: string, variables: object = {}): Promise<string> =>
  (await ask<{ made: { id: string } }>(endpoints, token, query, variables)).made.id;

beforeAll(async () => {
  platform = await startPlatform();
  ({ endpoints } = platform);
  hub = await openTenantHub(platform, endpoints.demo.tenant);
  developer = await accessToken(endpoints, "dev@demo.example");
  officer = await accessToken(endpoints, "officer@demo.example");
  application = await made(developer, `mutation { made: createApplication(name: "Forget", slug: "forget") { id } }`);
  await ask(
    endpoints,
    officer,
    `mutation ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!) {
      publishPolicy(application: $a, purposes: $p, fields: $f) { stopped } }`,
    { a: application, p: PURPOSES, f: FIELDS },
  );
  const [pages] = await Promise.all([publish("pages", PAGES), publish("sessions", SESSIONS)]);
  places = await ErasurePlaces.open(endpoints);
  for (const [name, options] of Object.entries(places.destinations)) {
    const destination = await made(
      developer,
      `mutation ($n: String!, $o: DestinationOptionsInput!) { made: createDestination(name: $n, options: $o) { id } }`,
      { n: `forget ${name}`, o: options },
    );
    const delivery = `mutation ($p: ID!, $d: ID!) {
      made: createDelivery(pipeline: $p, output: "pages", destination: $d) { id } }`;
    await made(developer, delivery, { p: pages, d: destination });
  }
  await approve(pages);
  const { createSource } = await ask<{ createSource: { source: { id: string }; writeKey: string } }>(
    endpoints,
    developer,
    `mutation ($a: ID!) { createSource(application: $a, name: "own", kind: REST, consentMode: SUBJECT) { source { id } writeKey } }`,
    { a: application },
  );
  source = { id: createSource.source.id, writeKey: createSource.writeKey };
  const grant = `mutation ($s: ID!) { made: grantSource(source: $s, purposes: ["analytics"]) { id } }`;
  await made(officer, grant, { s: source.id });
  await eventually(async () => (await postEvents(endpoints, source.id, source.writeKey, "[]")).status, 400, 20_000, 0);
});

afterAll(async () => {
  await places?.close();
  await hub?.close();
  await platform?.stop();
});

const approve = (p: string) =>
  made(officer, "mutation ($p: ID!) { made: approvePipeline(pipeline: $p) { id } }", { p });

async function publish(n: string, d: object): Promise<string> {
  const create = `mutation ($a: ID!, $n: String!, $d: PipelineDefinitionInput!) {
    made: createPipeline(application: $a, name: $n, definition: $d) { id } }`;
  const p = await made(developer, create, { a: application, n, d });
  await approve(p);
  await made(developer, "mutation ($p: ID!) { made: publishPipeline(pipeline: $p) { id } }", { p });
  return p;
}

let sent = 0;

/** `accepted`, or the reason of the denial. */
async function send(subject: string, page: string, at = Date.now()): Promise<unknown> {
  const consent = { purposes: ["analytics"], policyVersion: 1, givenAt: new Date().toISOString() };
  const time = new Date(at).toISOString();
  const event = { id: `e${sent++}`, type: "page", time, subject, data: { page }, consent };
  const { status, body } = await postEvents(endpoints, source.id, source.writeKey, JSON.stringify(event));
  if (status !== 202) return status;
  return (body["denied"] as { readonly reason: string }[])[0]?.reason ?? "accepted";
}

/** The key of a subject that has given consent. */
async function keyOf(s: string): Promise<string> {
  const give = `mutation ($a: ID!, $s: String!) { giveConsent(application: $a, subject: $s, purposes: ["analytics"]) }`;
  await ask(endpoints, officer, give, { a: application, s });
  const query = `query ($a: ID!, $s: String!) { receipts(application: $a, subject: $s) { subjectKey } }`;
  const { receipts } = await ask<{ receipts: { subjectKey: string }[] }>(endpoints, officer, query, {
    a: application,
    s,
  });
  return receipts[0]?.subjectKey ?? "";
}

/** Whether what a stream of the hub holds names the key. */
async function holds(stream: string, key: string): Promise<boolean> {
  const { jsm } = hub.connection;
  const { state } = await jsm.streams.info(stream);
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await jsm.streams.getMessage(stream, { seq }).catch(() => null);
    if (message !== null && Buffer.from(message.data).toString("latin1").includes(key)) return true;
  }
  return false;
}

interface Progress {
  readonly doneAt: string | null;
  readonly parts: readonly { readonly kind: string; readonly state: string; readonly receipt: object | null }[];
}

async function progress(id: string): Promise<Progress> {
  const query = `query ($id: ID!) { erasure(id: $id) { doneAt parts { kind state attempts lastError receipt } } }`;
  const token = await accessToken(endpoints, "officer@demo.example");
  return (await ask<{ erasure: Progress }>(endpoints, token, query, { id })).erasure;
}

test("an erased subject is gone from every place, over kill -9 of deliver and process, and nobody else is touched", async () => {
  const [gone, neighbour] = [await keyOf("gone"), await keyOf("neighbour")];
  for (const subject of ["gone", "neighbour"]) {
    expect(await send(subject, `/${subject}/1`)).toBe("accepted");
    expect(await send(subject, `/${subject}/2`)).toBe("accepted");
  }
  await eventually(() => places.counts("/gone/"), { postgres: 2, files: 2, webhook: 2 }, 60_000, 0);
  await eventually(() => places.counts("/neighbour/"), { postgres: 2, files: 2, webhook: 2 }, 60_000, 0);
  // long after their session: late, so that there is a letter of each
  for (const subject of ["gone", "neighbour"]) {
    expect(await send(subject, `/${subject}/late`, Date.now() - 5 * HOUR_MS)).toBe("accepted");
  }
  await eventually(() => places.counts("/gone/"), { postgres: 3, files: 3, webhook: 3 }, 60_000, 0);
  await eventually(() => holds("DEAD", gone), true, 60_000, 0);
  await eventually(() => holds("DEAD", neighbour), true, 60_000, 0);
  await eventually(() => holds("CHECKPOINTS", gone), true, 60_000, 0);

  freezeChild(platform, "deliver");
  freezeChild(platform, "process");
  // on its way, and behind the line that stands still
  for (let i = 0; i < 5; i++) expect(await send("gone", `/gone/under-way/${i}`)).toBe("accepted");
  expect(await send("neighbour", "/neighbour/3")).toBe("accepted");
  const erase = `mutation ($a: ID!, $s: String!) { eraseSubject(application: $a, subject: $s) { id subjectKey } }`;
  const { eraseSubject } = await ask<{ eraseSubject: { id: string; subjectKey: string } }>(endpoints, officer, erase, {
    a: application,
    s: "gone",
  });
  expect(eraseSubject.subjectKey).toBe(gone);
  killChild(platform, "deliver");
  killChild(platform, "process");
  await eventually(() => send("gone", "/gone/after"), "withdrawn", 20_000, 0);

  const settled = async () => (await progress(eraseSubject.id)).doneAt !== null;
  await eventually(settled, true, 90_000, 0).catch(async (error: unknown) => {
    throw new Error(JSON.stringify(await progress(eraseSubject.id)), { cause: error });
  });
  const { parts } = await progress(eraseSubject.id);
  expect(Object.fromEntries(parts.map(({ kind, state }) => [kind, state]))).toEqual({
    CONSENT: "DONE",
    PROCESS: "DONE",
    DESTINATIONS: "DONE",
    DEAD_LETTERS: "DONE",
  });
  for (const { receipt } of parts) expect(receipt).not.toBeNull();
  const said = JSON.stringify(parts.find(({ kind }) => kind === "DESTINATIONS")?.receipt);
  expect(said).toMatch(/"rows":3/);
  expect(said).toMatch(/"tombstone"/);
  expect(said).toMatch(/"answered":200/);

  expect(await places.counts("/gone/")).toEqual({ postgres: 0, files: 0, webhook: 0 });
  expect(await holds("DEAD", gone)).toBe(false);
  expect(await holds("CHECKPOINTS", gone)).toBe(false);
  expect(await send("gone", "/gone/later")).toBe("withdrawn");

  await eventually(() => places.counts("/neighbour/"), { postgres: 4, files: 4, webhook: 4 }, 60_000, 0);
  expect(await holds("DEAD", neighbour)).toBe(true);
  expect(await holds("CHECKPOINTS", neighbour)).toBe(true);
  expect(await send("neighbour", "/neighbour/4")).toBe("accepted");
  expect(await places.counts("/gone/")).toEqual({ postgres: 0, files: 0, webhook: 0 });
});
