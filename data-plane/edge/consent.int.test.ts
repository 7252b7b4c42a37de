import { hash } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createLogger } from "@o2mc/runtime/log.ts";
import { consentStore } from "@o2mc/runtime/consent-store.ts";
import type { SignalMeaning } from "@o2mc/schema/consent/policy.ts";
import { brokenLink, wordingHash, type StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import type { DeployedSource, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { STREAM_SUBJECTS, STREAMS } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TestHub } from "../config/testkit/hub.ts";
import { Counters } from "./counters.ts";
import { Registry } from "./registry.ts";
import { createEdgeServer } from "./server.ts";
import { KEY, testDeployment } from "./testkit/deployment.ts";

/** Purposes 1, 2 and 3 are granted, the vendors 2, 6 and 8. */
const TCF_1_2_3 = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA";
/** Of the source `elsewhere` alone. */
const OTHER_KEY = "wk_elsewhere";
const log = createLogger("edge-test", "silent");

const BANNER = {
  id: "banner-nl",
  language: "nl",
  text: "Mogen we van uw bezoek leren?",
  purposes: [
    { name: "analytics", text: "Om te zien wat gelezen wordt" },
    { name: "marketing", text: "Om u aanbiedingen te doen" },
    { name: "billing", text: "Om u een rekening te sturen" },
  ],
};

let hub: TestHub;
let registry: Registry;
let server: Server;
let base: string;

/** Analytics heeds no browser signal but a TC string, marketing heeds GPC and a TC string of another purpose. */
function deployment(): Deployment {
  const plain = testDeployment(1);
  const signals: Readonly<Record<string, SignalMeaning>> = {
    analytics: { gpc: "ignore", dnt: "ignore", tcf: { purposes: [1, 3], vendor: 8 } },
    marketing: { gpc: "deny", dnt: "deny", tcf: { purposes: [4], vendor: null } },
  };
  const purposes = plain.policy.purposes.map((purpose) => {
    const meaning = signals[purpose.name];
    return meaning === undefined ? purpose : { ...purpose, signals: meaning };
  });
  const levels = [
    { name: "some", purposes: ["analytics"] },
    { name: "most", purposes: ["analytics", "marketing"] },
  ];
  const policy = {
    ...plain.policy,
    purposes,
    levels,
    wordings: [BANNER],
    controller: "Kiln & Loom",
    jurisdiction: "EU",
  };
  const crm = { ...source("rest"), id: "crm", consentAuthority: true } as const;
  const elsewhere = { ...source("rest"), id: "elsewhere", writeKeyHashes: [hash("sha256", OTHER_KEY)] };
  return { ...plain, policy, sources: [...plain.sources, crm, elsewhere] };

  function source(id: string): DeployedSource {
    const found = plain.sources.find((one) => one.id === id);
    if (found === undefined) throw new Error(`no source ${id}`);
    return found;
  }
}

beforeAll(async () => {
  hub = await TestHub.start(process.env["O2MC_NATS_SERVER"]);
  const counters = new Counters();
  registry = new Registry(counters, log);
  const tenant = { id: "t1", nats: hub.nats };
  registry.addTenant(tenant);
  registry.deploy(tenant, deployment());
  server = createEdgeServer({
    registry,
    counters,
    log,
    settled: () => true,
    snippet: "void 0;",
    publicUrl: () => base,
    bodyLimit: 1024 * 1024,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  while ((await send("warm-up", { purposes: ["analytics"] })).status !== 202) await once(server, "request");
});

afterAll(async () => {
  server?.close();
  server?.closeAllConnections();
  await registry?.close();
  await hub?.stop();
});

beforeEach(() => hub.clear());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(method: string, path: string, body: object, headers: object, source = "rest"): Promise<Answer> {
  const response = await fetch(`${base}/v1/sources/${source}/${path}`, {
    method,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}`, ...headers },
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Answer["body"]) };
}

const put = (subject: string, said: object, headers: object = {}): Promise<Answer> =>
  call("PUT", `consent/${subject}`, { policyVersion: 2, ...said }, headers);

let sent = 0;

/** One event of the subject; `claim` null = without a consent of its own. */
function send(subject: string, claim: object | null, headers: object = {}): Promise<Answer> {
  const now = new Date().toISOString();
  const consent = claim === null ? {} : { consent: { policyVersion: 2, givenAt: now, ...claim } };
  const event = { id: `e${sent++}`, type: "t", time: now, subject, data: { page: { path: "/" } }, ...consent };
  return call("POST", "events", event, headers);
}

/** The lanes that the event came into, or why into none. */
async function lanes(subject: string, claim: object | null, headers: object = {}): Promise<unknown> {
  await hub.clear();
  const { status, body } = await send(subject, claim, headers);
  expect(status).toBe(202);
  const [denied] = body["denied"] as { readonly reason: string }[];
  if (denied !== undefined) return denied.reason;
  return (await hub.frames()).map(({ subject: place }) => place.split(".")[2] ?? "").toSorted();
}

async function chain(): Promise<readonly StoredReceipt[]> {
  const { state } = await hub.jsm.streams.info(STREAMS.receipts);
  const found: StoredReceipt[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await hub.jsm.streams.getMessage(STREAMS.receipts, { seq });
    if (message !== null) found.push(message.json<StoredReceipt>());
  }
  return found;
}

const BOTH = ["analytics", "analytics+marketing"];
const ALL = { purposes: ["analytics", "marketing"] };
const GPC = { "sec-gpc": "1" };

test("GPC of the request denies what the policy says, whatever event and stored consent say", async () => {
  expect(await lanes("gpc", ALL)).toEqual(BOTH);
  expect(await lanes("gpc", ALL, GPC)).toEqual(["analytics"]);
  expect(await lanes("gpc", { purposes: ["analytics", "marketing"], gpc: true })).toEqual(["analytics"]);
  expect(await lanes("gpc", ALL, { dnt: "1" })).toEqual(["analytics"]);
  expect((await put("kept", ALL)).status).toBe(204);
  expect(await lanes("kept", null)).toEqual(BOTH);
  expect(await lanes("kept", null, GPC)).toEqual(["analytics"]);
  expect(await lanes("kept", ALL, GPC)).toEqual(["analytics"]);
});

test("what is stored under GPC stays denied for requests without it", async () => {
  expect((await put("under-gpc", ALL, GPC)).status).toBe(204);
  expect(await lanes("under-gpc", ALL)).toEqual(["analytics"]);
  expect((await put("under-gpc", { purposes: ["marketing"], gpc: true })).status).toBe(204);
  expect(await lanes("under-gpc", ALL)).toBe("withdrawn");
});

test("GPC against a TC string: the stricter wins, in events and in what is stored", async () => {
  expect(await lanes("tcf", { tcf: TCF_1_2_3 })).toEqual(["analytics"]);
  expect(await lanes("tcf", { ...ALL, tcf: TCF_1_2_3 })).toEqual(["analytics"]);
  expect(await lanes("tcf", { purposes: ["marketing"], tcf: TCF_1_2_3 }, GPC)).toBe("no-lane");
  expect((await put("tcf-kept", { tcf: TCF_1_2_3 })).status).toBe(204);
  expect(await lanes("tcf-kept", ALL)).toEqual(["analytics"]);
});

test("an invalid TC string grants nothing and stores nothing", async () => {
  const before = (await chain()).length;
  expect(await lanes("bad-tcf", { ...ALL, tcf: "COvFyGB" })).toBe("malformed-consent");
  for (const tcf of ["COvFyGB", "", TCF_1_2_3 + TCF_1_2_3, [TCF_1_2_3]]) {
    expect(await put("bad-tcf", { ...ALL, tcf })).toMatchObject({ status: 400, body: { code: "invalid-consent" } });
  }
  expect(await lanes("bad-tcf", null)).toBe("no-consent");
  expect(await chain()).toHaveLength(before);
});

test("what a claim says besides its purposes is heard also from a source whose events are known by their shape", async () => {
  const shaped = (more: object) => lanes("shaped", { ...ALL, ...more });
  for (let i = 0; i < 3; i++) expect(await shaped({ gpc: false, tcf: TCF_1_2_3 })).toEqual(["analytics"]);
  expect(await shaped({ gpc: false, tcf: "CO" })).toBe("malformed-consent");
  for (let i = 0; i < 3; i++) expect(await shaped({ gpc: true })).toEqual(["analytics"]);
  expect(await shaped({ gpc: "yes" })).toBe("malformed-consent");
});

test("a level is the purposes that the policy gives it", async () => {
  expect(await lanes("level", { level: "most" })).toEqual(BOTH);
  expect((await put("level", { level: "some" })).status).toBe(204);
  expect(await lanes("level", { level: "most" })).toEqual(["analytics"]);
  expect(await put("level", { level: "unheard-of" })).toMatchObject({ status: 400, body: { code: "unknown-purpose" } });
  expect(await put("level", { level: "some", ...ALL })).toMatchObject({ status: 400 });
});

const putInBody = (subject: unknown, said: object, headers: object = {}, source = "rest"): Promise<Answer> =>
  call("PUT", "consent", { subject, policyVersion: 2, ...said }, headers, source);

// defect it guards: nobody could withdraw for subjects that clients take out of a URL before they send it
test("the subject may stand in the body: whoever it is, it is who it would be in the path", async () => {
  for (const subject of [".", "..", "a/../b", "in-body"]) {
    expect((await putInBody(subject, ALL)).status).toBe(204);
    expect(await lanes(subject, null)).toEqual(BOTH);
    expect((await putInBody(subject, ALL, GPC)).status).toBe(204);
    expect(await lanes(subject, ALL)).toEqual(["analytics"]);
    expect((await putInBody(subject, { purposes: [] })).status).toBe(204);
    expect(await lanes(subject, ALL)).toBe("withdrawn");
  }
  expect((await put("in-body", ALL)).status).toBe(204);
  expect(await lanes("in-body", null)).toEqual(BOTH);
  const [inBody, inPath] = (await chain()).slice(-2).map(({ receipt }) => receipt.subjectKey);
  expect(inBody).toBe(inPath);
});

test("a consent with its subject in the body is refused as one with it in the path, and stores nothing", async () => {
  const from = (await chain()).length;
  const withdrawal = { purposes: [] };
  for (const subject of [undefined, null, 7, "", ["s"], "x".repeat(513), "a\nb", "nul\u0000", "half \ud800"]) {
    expect(await putInBody(subject, withdrawal)).toMatchObject({ status: 400, body: { code: "invalid-subject" } });
  }
  const refusals = [
    [{ purposes: ["unheard-of"] }, 400, "unknown-purpose"],
    [{ purposes: ["analytics", "analytics"] }, 400, "invalid-consent"],
    [{ ...ALL, policyVersion: 1 }, 409, "outdated-policy"],
    [{ ...ALL, padding: "x".repeat(32 * 1024) }, 413, "body-too-large"],
  ] as const;
  for (const [said, status, code] of refusals) {
    expect(await putInBody("refused", said)).toMatchObject({ status, body: { code } });
    expect(await put("refused", said)).toMatchObject({ status, body: { code } });
  }
  expect((await call("POST", "consent", { subject: "refused", ...withdrawal }, {})).status).toBe(405);
  const url = `${base}/v1/sources/rest/consent`;
  const headers = { "content-type": "application/json", authorization: `Bearer ${KEY}` };
  for (const [body, code] of [
    ['{"subject":"refused","subject":"other","policyVersion":2,"purposes":[]}', "invalid-consent"],
    ["null", "invalid-consent"],
    ["{", "invalid-json"],
  ] as const) {
    const answer = await fetch(url, { method: "PUT", body, headers });
    expect([answer.status, ((await answer.json()) as Answer["body"])["code"]]).toEqual([400, code]);
  }
  expect(await chain()).toHaveLength(from);
});

test("a foreign source's key, or a page of a foreign origin, stores no consent with its subject in the body", async () => {
  const from = (await chain()).length;
  const stolen = { authorization: `Bearer ${OTHER_KEY}` };
  expect((await putInBody("owner", ALL, stolen, "elsewhere")).status).toBe(204);
  for (const headers of [stolen, { authorization: "" }, { authorization: "Bearer nobody's" }]) {
    expect(await putInBody("victim", ALL, headers)).toMatchObject({ status: 401, body: { code: "unauthorized" } });
  }
  const page = { origin: "https://evil.example" };
  expect(await putInBody("victim", ALL, page)).toMatchObject({ status: 403, body: { code: "origin-not-allowed" } });
  expect(await chain()).toHaveLength(from + 1);
  expect(await lanes("victim", null)).toBe("no-consent");
});

test("each consent leaves a receipt behind the one before, with what was asked, shown and denied", async () => {
  const before = await chain();
  await put("proven", ALL, GPC);
  await put("proven", { purposes: [] });
  await Promise.all(Array.from({ length: 20 }, (_, i) => put(`p${i}`, { purposes: ["analytics"] })));
  const receipts = await chain();
  expect(receipts).toHaveLength(before.length + 22);
  expect(brokenLink(receipts)).toBe(-1);
  const [given, withdrawn] = receipts.slice(before.length);
  expect(given?.receipt).toMatchObject({
    controller: { tenant: "t1", name: "Kiln & Loom" },
    jurisdiction: "EU",
    policyVersion: 2,
    purposes: [{ name: "analytics", wording: "For analytics", legalBasis: "consent", lifetimeDays: 180 }],
    collection: { method: "rest", by: "rest", optedOut: ["marketing"] },
    event: { kind: "given" },
  });
  expect(withdrawn?.receipt).toMatchObject({ purposes: [], event: { kind: "withdrawn" } });
  expect(withdrawn?.receipt.subjectKey).toBe(given?.receipt.subjectKey);
  expect(JSON.stringify(receipts)).not.toContain("proven");
});

test("a receipt names the text that was shown, with its hash; a text that the policy does not have is refused", async () => {
  const before = (await chain()).length;
  expect(await put("shown", { purposes: ["analytics"], wording: "banner-de" })).toMatchObject({
    status: 400,
    body: { code: "unknown-wording" },
  });
  expect((await put("shown", { purposes: ["analytics"], wording: 7 })).body["code"]).toBe("invalid-consent");
  expect(await lanes("shown", { purposes: ["analytics"], wording: "banner-de" })).toBe("unknown-wording");
  expect(await lanes("shown", { purposes: ["analytics"], wording: "banner-nl" })).toEqual(["analytics"]);
  expect(await chain()).toHaveLength(before);
  expect((await put("shown", { purposes: ["analytics"], wording: "banner-nl" })).status).toBe(204);
  expect((await put("shown", { purposes: ["analytics"] })).status).toBe(204);
  // a withdrawal is never refused for what it names
  expect((await put("shown", { purposes: [], wording: "banner-de" })).status).toBe(204);
  const receipts = (await chain()).slice(before).map(({ receipt }) => receipt);
  expect(receipts.map(({ notice }) => notice)).toEqual([
    { id: "banner-nl", language: "nl", hash: wordingHash(BANNER) },
    null,
    null,
  ]);
  expect(receipts[0]?.purposes[0]?.wording).toBe("Om te zien wat gelezen wordt");
  expect(wordingHash({ ...BANNER, text: "Something else" })).not.toBe(wordingHash(BANNER));
});

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/** Events of the source that is an authority on consent, all in one request. */
async function tell(...events: readonly (readonly [subject: string, claim: object | null])[]): Promise<Answer["body"]> {
  const time = ago(0);
  const body = events.map(([subject, claim]) => ({
    id: `a${sent++}`,
    type: "t",
    time,
    subject,
    data: { page: { path: "/" } },
    ...(claim === null ? {} : { consent: { policyVersion: 2, givenAt: time, ...claim } }),
  }));
  const answer = await call("POST", "events", body, {}, "crm");
  expect(answer.status).toBe(202);
  return answer.body;
}

const proven = async (from: number): Promise<readonly string[]> =>
  (await chain())
    .slice(from)
    .map(({ receipt: { purposes, collection } }) =>
      [collection.method, collection.by, ...purposes.map(({ name }) => name)].join(" "),
    );

test("a claim from an authority on consent is stored when it changes what is stored, with its receipt", async () => {
  const from = (await chain()).length;
  const both = { ...ALL, givenAt: ago(50) };
  expect(await tell(["told", both], ["told", null], ["told", both])).toMatchObject({ accepted: 3 });
  // what is stored now holds for every source
  expect(await lanes("told", null)).toEqual(BOTH);
  await tell(["told", both], ["told", { ...ALL, givenAt: ago(49) }], ["told", null]);
  expect(await proven(from)).toEqual(["event crm analytics marketing"]);
  expect(await tell(["told", { purposes: ["analytics"], givenAt: ago(40), wording: "banner-nl" }])).toMatchObject({
    accepted: 1,
  });
  expect(await lanes("told", ALL)).toEqual(["analytics"]);
  expect(await proven(from + 1)).toEqual(["event crm analytics"]);
  expect((await chain()).at(-1)?.receipt.notice?.id).toBe("banner-nl");
  expect(await tell(["told", { purposes: [], givenAt: ago(30) }])).toMatchObject({
    denied: [{ reason: "withdrawn", count: 1 }],
  });
  expect(await lanes("told", ALL)).toBe("withdrawn");
  expect(await proven(from + 2)).toEqual(["event crm"]);
  expect(brokenLink(await chain())).toBe(-1);
});

test("the newest claim of a subject counts for its whole request", async () => {
  const from = (await chain()).length;
  const answer = await tell(
    ["newest", { purposes: ["analytics"], givenAt: ago(9) }],
    ["newest", { purposes: [], givenAt: ago(5) }],
    ["newest", { purposes: ["analytics"], givenAt: ago(7) }],
    ["bystander", { purposes: ["analytics"], givenAt: ago(7) }],
  );
  expect(answer).toMatchObject({ accepted: 1, denied: [{ reason: "withdrawn", count: 3 }] });
  expect((await proven(from)).toSorted()).toEqual(["event crm", "event crm analytics"]);
});

test("an authority's claim that is old, malformed or against the policy changes nothing", async () => {
  expect((await put("kept-out", { purposes: [] })).status).toBe(204);
  const from = (await chain()).length;
  for (const claim of [
    { ...ALL, givenAt: ago(1) },
    { ...ALL, policyVersion: 1 },
    { purposes: ["analytics", "unheard-of"] },
    { ...ALL, wording: "banner-de" },
    { ...ALL, givenAt: ago(-20) },
    { purposes: ["analytics", "analytics"] },
    null,
  ]) {
    expect(await tell(["kept-out", claim])).toMatchObject({ accepted: 0 });
    expect(await lanes("kept-out", ALL)).toBe("withdrawn");
  }
  // nothing was stored of this one, and nothing that has expired needs to be
  await tell(["old", { ...ALL, givenAt: ago(400 * 24 * 60) }]);
  expect(await lanes("old", null)).toBe("no-consent");
  expect(await chain()).toHaveLength(from);
});

test("a claim of any other source changes nothing, and nobody's withdrawal is overwritten by what this edge has not heard of", async () => {
  const from = (await chain()).length;
  expect(await lanes("plain", ALL)).toEqual(BOTH);
  expect(await lanes("plain", null)).toBe("no-consent");
  expect(await chain()).toHaveLength(from);

  expect((await put("raced", { purposes: ["analytics"] })).status).toBe(204);
  const edge = registry.source("crm")?.edge;
  const [last] = (await chain()).slice(-1);
  if (edge === undefined || last === undefined) throw new Error("nothing is stored");
  const { receipt } = last;
  const known = edge.consent.revision("app", receipt.subjectKey);
  expect((await put("raced", { purposes: [] })).status).toBe(204);
  // what an edge stores that has not been told of the withdrawal
  const stale = consentStore(hub.nats).store({ ...receipt, id: "stale" }, known);
  await expect(stale).rejects.toThrow(/wrong last sequence/);
  expect(await lanes("raced", ALL)).toBe("withdrawn");
  await consentStore(hub.nats).store({ ...receipt, id: "told" }, edge.consent.revision("app", receipt.subjectKey));
});

test("many at once are stored together, and each counts", async () => {
  const from = (await chain()).length;
  const subjects = Array.from({ length: 120 }, (_, i) => `many-${i}`);
  expect(await tell(...subjects.map((subject) => [subject, ALL] as const))).toMatchObject({
    accepted: 120,
    denied: [],
  });
  expect(await chain()).toHaveLength(from + 120);
  expect(brokenLink(await chain())).toBe(-1);
  for (const subject of ["many-0", "many-64", "many-119"]) expect(await lanes(subject, null)).toEqual(BOTH);
});

test("consent without its proof counts for nothing; a withdrawal counts although its proof cannot be stored", async () => {
  expect((await put("was-given", ALL)).status).toBe(204);
  await hub.jsm.streams.delete(STREAMS.receipts);
  expect(await put("unproven", ALL)).toMatchObject({ status: 503, body: { code: "hub-unavailable" } });
  expect(await lanes("unproven", null)).toBe("no-consent");
  expect((await put("was-given", { purposes: [] })).status).toBe(503);
  expect(await lanes("was-given", ALL)).toBe("withdrawn");
  await hub.jsm.streams.add({ name: STREAMS.receipts, subjects: [...STREAM_SUBJECTS.receipts], allow_atomic: true });
  // what its sender repeats is proven then
  expect((await put("was-given", { purposes: [] })).status).toBe(204);
  expect((await chain()).map(({ receipt }) => receipt.event.kind)).toEqual(["withdrawn"]);
});
