import { request } from "node:http";
import { dirname } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../testkit/eventually.ts";
import { postEvents } from "../../testkit/ingest.ts";
import { childPid } from "../../testkit/kill.ts";
import type { OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { openTenantHub, type TenantHub } from "../../testkit/tenant-hub.ts";
import { AttackedApplication, type Followed } from "./application.ts";
import { filesWith } from "./files-with.ts";

// missing, malformed, forged, old and future consent and a replay after withdrawal are in consent.test.ts; compression
// bombs, nesting within data and broken bodies in scenarios/bad-input
const PURPOSES = [{ name: "analytics", legalBasis: "CONSENT", lifetimeDays: 30 }];
const FIELDS = [
  { path: "page", type: "STRING", purposes: ["analytics"] },
  { path: "price", type: "NUMBER", purposes: ["analytics"] },
];

let platform: Platform;
let application: AttackedApplication;
let source: OwnSource;
let other: OwnSource;
let hub: TenantHub;
let pages: Followed;
let sessions: Followed;
let pids: readonly number[];

const processes = (): readonly number[] => ["edge", "process"].map((name) => childPid(platform, name));

beforeAll(async () => {
  platform = await sharedPlatform();
  pids = processes();
  hub = await openTenantHub(platform, platform.endpoints.demo.tenant);
  application = await AttackedApplication.create(platform.endpoints, "attacked-ingest", {
    purposes: PURPOSES,
    fields: FIELDS,
  });
  const pagesId = await application.pipeline("pages", ["analytics"], [{ emit: { output: "pages" } }]);
  const sticky = [{ field: "page", keep: "FIRST", as: "entry" }];
  const sessionsId = await application.pipeline(
    "sessions",
    ["analytics"],
    [{ sessionize: { gapSeconds: 1, sticky } }, { emit: { output: "sessions" } }],
    { disorderSeconds: 1, idleSeconds: 2 },
  );
  source = await application.source("own", ["analytics"]);
  other = await application.source("other", ["analytics"]);
  pages = application.follow(pagesId, "pages");
  sessions = application.follow(sessionsId, "sessions");
});

afterAll(async () => {
  await pages?.stop();
  await sessions?.stop();
  await hub?.close();
});

let sent = 0;
const now = (): string => new Date().toISOString();
const inYears = (years: number): string => new Date(Date.now() + years * 365.25 * 86_400_000).toISOString();
const consent = () => ({ purposes: ["analytics"], policyVersion: 1, givenAt: now() });
const event = (subject: string, page: string, more: object = {}) => ({
  id: `ingest-${sent++}`,
  type: "page",
  time: now(),
  subject,
  data: { page },
  consent: consent(),
  ...more,
});

const post = (body: string | object, headers: Record<string, string> = {}, { id, writeKey } = source) =>
  postEvents(platform.endpoints, id, writeKey, typeof body === "string" ? body : JSON.stringify(body), headers);

/** By node:http, for `fetch` would take a subject of dots out of the path. */
function storeConsent(subject: string, body: string, { id, writeKey } = source): Promise<number> {
  const path = `/v1/sources/${id}/consent/${encodeURIComponent(subject)}`;
  const headers = { "content-type": "application/json", authorization: `Bearer ${writeKey}` };
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(platform.endpoints.edge);
    const sending = request({ hostname, port, path, method: "PUT", headers }, (response) => {
      response.resume().on("end", () => done(response.statusCode ?? 0));
    });
    sending.on("error", fail).end(body);
  });
}

const seen = (): readonly unknown[] => pages.rows.map((row) => row["page"]);

/** The pages that have come, once one that is sent now has come too: the hub keeps a subject's events in order. */
async function arrived(subject: string): Promise<readonly unknown[]> {
  const fence = `/fence-${sent}`;
  expect(await post(event(subject, fence))).toMatchObject({ status: 202, body: { accepted: 1 } });
  await eventually(() => seen().includes(fence), true, 30_000, 0);
  return seen();
}

test("forged source: a source's key opens no other source, and its events take no other's place", async () => {
  const honest = event("forged-source", "/honest");
  expect(await post(honest)).toMatchObject({ status: 202, body: { accepted: 1 } });
  const stolen = { id: source.id, writeKey: other.writeKey };
  expect((await post(event("forged-source", "/stolen"), {}, stolen)).status).toBe(401);
  expect(await storeConsent("forged-source", '{"purposes":[],"policyVersion":1}', stolen)).toBe(401);
  // the same event id: another event, since it comes from another source
  const impostor = { ...event("forged-source", "/impostor"), id: honest.id, source: source.id };
  expect(await post(impostor, {}, other)).toMatchObject({ status: 202, body: { accepted: 1 } });
  expect(await arrived("forged-source")).toEqual(expect.arrayContaining(["/honest", "/impostor"]));
  const ids = pages.rows.filter((row) => ["/honest", "/impostor"].includes(String(row["page"])));
  expect(new Set(ids.map((row) => row["id"])).size).toBe(2);
  expect(ids.map((row) => String(row["$source"])).toSorted()).toEqual([source.id, other.id].toSorted());
});

test("forged subject: who has withdrawn is denied by whichever source their name is used", async () => {
  expect(await storeConsent("forged-subject", '{"purposes":[],"policyVersion":1}')).toBe(204);
  for (const from of [source, other]) {
    const answer = await post(event("forged-subject", "/in-their-name"), {}, from);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 0, denied: [{ reason: "withdrawn", count: 1 }] } });
  }
  expect(await arrived("somebody")).not.toContain("/in-their-name");
});

const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

test("100,000 nested arrays beside the event's own parts: the event goes on, nothing of them does", async () => {
  const extension = JSON.stringify(event("deep", "/deep-extension", { x: 0 })).replace('"x":0', `"x":${deep(1e5)}`);
  expect(await post(extension)).toMatchObject({ status: 202, body: { accepted: 1 } });
  const inConsent = JSON.stringify(event("deep", "/deep-consent")).replace(
    '"purposes":',
    `"x":${deep(1e5)},"purposes":`,
  );
  expect((await post(inConsent)).status).toBe(202);
  const asConsent = JSON.stringify(event("deep", "/as-consent", { consent: 0 })).replace(
    '"consent":0',
    `"consent":${deep(1e5)}`,
  );
  expect(await post(asConsent)).toMatchObject({ status: 202, body: { denied: [{ reason: "malformed-consent" }] } });
  const came = await arrived("deep");
  expect(came).toContain("/deep-extension");
  expect(came).not.toContain("/as-consent");
});

test("__proto__: nothing is inherited from it, neither consent nor fields nor envelope", async () => {
  const granted = JSON.stringify(consent());
  const attacks: readonly (readonly [raw: string, outcome: object])[] = [
    [`"consent":{"__proto__":${granted}}`, { denied: [{ reason: "malformed-consent", count: 1 }] }],
    [`"__proto__":{"consent":${granted}}`, { denied: [{ reason: "no-consent", count: 1 }] }],
    [`"consent":null,"__proto__":{"consent":${granted}}`, { denied: [{ reason: "no-consent", count: 1 }] }],
  ];
  for (const [raw, outcome] of attacks) {
    const { consent: _, ...rest } = event("proto", "/proto");
    const body = JSON.stringify(rest).replace(/\}$/, `,${raw}}`);
    expect(await post(body)).toMatchObject({ status: 202, body: { accepted: 0, ...outcome } });
  }
  const fields = JSON.stringify(event("proto", "x")).replace('"page":"x"', '"__proto__":{"page":"/inherited"}');
  expect(await post(fields)).toMatchObject({ status: 202, body: { accepted: 1 } });
  const came = await arrived("proto");
  expect(came).not.toContain("/proto");
  expect(came).not.toContain("/inherited");
});

test("duplicate keys: an event that says two things of itself or its consent is rejected, its neighbours go on", async () => {
  const denial = '"consent":{"purposes":[],"policyVersion":1,"givenAt":"2026-01-01T00:00:00Z"}';
  const twice = (raw: string, page: string): string => JSON.stringify(event("twice", page)).replace(/^\{/, `{${raw},`);
  const hidden = String.raw`"\u0063onsent":null`;
  const purposes = JSON.stringify(event("twice", "/twice")).replace('"purposes":', '"purposes":[],"purposes":');
  const attacks = [
    twice(denial, "/twice"),
    twice(hidden, "/twice"),
    twice('"subject":"somebody-else"', "/twice"),
    twice('"id":"another"', "/twice"),
    purposes,
  ];
  const good = JSON.stringify(event("twice", "/beside"));
  const answer = await post(`[${[...attacks, good].join(",")}]`);
  expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
  expect(answer.body["rejected"]).toMatchObject(attacks.map((_, index) => ({ index, code: "duplicate-key" })));
  const lines = await post(`${attacks[0]}\n${good.replace("ingest-", "line-")}\n`, {
    "content-type": "application/x-ndjson",
  });
  expect(lines).toMatchObject({ status: 202, body: { accepted: 1, rejected: [{ index: 0, code: "duplicate-key" }] } });
  expect(await storeConsent("twice", '{"purposes":[],"policyVersion":1,"purposes":["analytics"]}')).toBe(400);
  const came = await arrived("twice");
  expect(came).toContain("/beside");
  expect(came).not.toContain("/twice");
});

test("NUL, CR, LF and 100,000 characters are no subject; *, > and . are, and stay one subject's", async () => {
  for (const subject of ["", "a\u0000b", "a\rb", "a\nb", "a\r\nNATS/1.0\r\nX: y", "x".repeat(100_000)]) {
    const answer = await post(event(subject, "/bad-subject"));
    expect(answer).toMatchObject({ status: 202, body: { rejected: [{ code: "invalid-subject" }] } });
    // node:http resets a connection whose path is as long as the longest
    const inPath = subject.slice(0, 1000);
    expect(await storeConsent(inPath, '{"purposes":["analytics"],"policyVersion":1}')).toBe(400);
  }
  // a key with wildcards would withdraw everybody's consent, or read it
  for (const subject of ["*", ">", ".", "..", "a.*", "$KV.consent.>", "a b", "%2e", "ev.>"]) {
    expect(await storeConsent(subject, '{"purposes":[],"policyVersion":1}')).toBe(204);
    const answer = await post(event(subject, "/of-a-wildcard"));
    expect(answer).toMatchObject({ status: 202, body: { denied: [{ reason: "withdrawn", count: 1 }] } });
  }
  const came = await arrived("a.b");
  expect(came).not.toContain("/of-a-wildcard");
  expect(came).not.toContain("/bad-subject");
  for (const { subject } of hub.published("ev.")) expect(subject).toMatch(/^ev\.[\w-]+\.[\w+-]+\.\d+$/);
  for (const { subject } of hub.published("$KV.consent."))
    expect(subject).toMatch(/^\$KV\.consent\.[\w-]+\.[\w-]{22}$/);
});

test("duplicate id with another body: the first one wins, the sender or the count says so", async () => {
  const first = event("duplicate", "/first-body");
  const second = { ...first, data: { page: "/second-body" } };
  const together = await post([first, second]);
  expect(together).toMatchObject({
    status: 202,
    body: { accepted: 1, rejected: [{ index: 1, code: "duplicate-id" }] },
  });
  // in a request of its own it is what a client that saw no answer sends: taken, and dropped by process
  expect(await post(second)).toMatchObject({ status: 202, body: { accepted: 1 } });
  const came = await arrived("duplicate");
  expect(came).toContain("/first-body");
  expect(came).not.toContain("/second-body");
});

test("a clock ten years off: beyond is rejected, within it makes nobody else late", async () => {
  for (const years of [-11, 11]) {
    const answer = await post(event("clock", "/out-of-time", { time: inYears(years) }));
    expect(answer).toMatchObject({ status: 202, body: { rejected: [{ code: "time-out-of-range" }] } });
  }
  for (const years of [-9.9, 9.9]) {
    const answer = await post(event("clock", "/wrong-clock", { time: inYears(years) }));
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
  }
  // in the same partition, after the wrong clocks
  const honest = Array.from({ length: 3 }, () => event("clock", "/right-clock"));
  expect(await post(honest)).toMatchObject({ status: 202, body: { accepted: 3 } });
  const completed = (): boolean => sessions.rows.some((row) => row["entry"] === "/right-clock");
  await eventually(completed, true, 60_000, 0);
  expect(await arrived("clock")).not.toContain("/out-of-time");
  const letters = await application.deadLetters();
  expect(letters.filter(({ row }) => row["page"] === "/right-clock")).toEqual([]);
});

test("personal data in undeclared places: in no frame, result, dead letter, log or file", async () => {
  const mark = `secret${Date.now()}`;
  const hide = { email: `${mark}@person.example`, deeper: [{ name: mark }] };
  const carried = (page: string, more: object = {}) => ({
    ...event(`subject-${mark}`, page, more),
    data: { page, ...hide },
    email: mark,
    [mark]: mark,
  });
  const late = carried("/late", { time: inYears(-1) });
  const denied = carried("/denied", { consent: { purposes: [mark], policyVersion: 1, givenAt: now() } });
  const malformed = carried("/malformed", { consent: { ...consent(), tcf: mark } });
  const wrong = { ...carried("/wrong"), data: { page: 7, ...hide } };
  const answer = await post([carried("/control-page"), late, denied, malformed, wrong], { "x-forwarded-for": mark });
  expect(answer).toMatchObject({ status: 202, body: { accepted: 2 } });
  expect(JSON.stringify(answer.body)).not.toContain(mark);
  await post(`{"email":"${mark}",`);
  await post(`${JSON.stringify(carried("/line"))}\n{"email":"${mark}"\n`, { "content-type": "application/x-ndjson" });
  await post(carried("/key"), {}, { id: source.id, writeKey: mark });
  await post(carried("/media"), { "content-type": `text/${mark}` });
  expect(await storeConsent(`subject-${mark}`, `{"purposes":["analytics"],"policyVersion":1,"note":"${mark}"}`)).toBe(
    204,
  );
  expect(await storeConsent(`subject-${mark}`, `{"purposes":["${mark}"],"policyVersion":1}`)).toBe(400);
  expect(await arrived(`subject-${mark}`)).toContain("/control-page");
  const isLate = async (): Promise<boolean> =>
    (await application.deadLetters()).some(({ row }) => row["page"] === "/late");
  await eventually(isLate, true, 30_000);

  // what is looked for can be found there
  expect(filesWith(dirname(platform.dataDir), "/control-page").length).toBeGreaterThan(0);
  expect(filesWith(dirname(platform.dataDir), mark)).toEqual([]);
  const messages = ["ev.", "out.", "dead.", "$KV."].flatMap((prefix) => hub.published(prefix));
  expect(messages.filter(({ text }) => text.includes("/control-page")).length).toBeGreaterThan(0);
  expect(messages.filter(({ text }) => text.includes(mark))).toEqual([]);
  expect(JSON.stringify([pages.rows, sessions.rows, await application.deadLetters()])).not.toContain(mark);
});

test("edge and process are still the same processes, and no follower has lost a row", () => {
  expect(processes()).toEqual(pids);
  expect([...pages.problems, ...sessions.problems]).toEqual([]);
});
