import { createPublicKey, verify } from "node:crypto";
import { createLogger } from "@o2mc/runtime/log.ts";
import { ReceiptLog } from "@o2mc/runtime/receipt-log.ts";
import { canonicalJson } from "@o2mc/schema/canonical-json.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import { brokenLink, makeReceipt, receiptHash, wordingHash, type StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import { consentKey, receiptSubject, STREAMS } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../../e2e/testkit/nats-operator.ts";
import type { TenantConnection } from "../../hub/connection.ts";
import { Hub } from "../../hub/hub.ts";
import { receiptPages } from "../../hub/receipts.ts";
import { ensureAccount } from "../../publish/ensure-account.ts";
import { SecretBox } from "../../db/secret.ts";
import { startApi, type TestApi } from "../../test/api.ts";
import { FIELDS, makeTenant, PURPOSES, type Fixture } from "../../test/fixture.ts";
import { tenantHub } from "../result/tenant-hub.ts";

const log = createLogger("test", "silent");

let server: NatsOperator;
let hub: Hub;
let api: TestApi;
let tenant: Fixture;
let connection: TenantConnection;
let officer: string;

beforeAll(async () => {
  server = await startNatsOperator();
  hub = await Hub.connect(server);
  api = await startApi({ hub: (orm, secrets) => tenantHub(orm, secrets, hub, log) });
  tenant = await makeTenant(api, "one");
  const account = await ensureAccount(api.database.orm, new SecretBox(Buffer.alloc(32, 7)), "one");
  if (account === null) throw new Error("no tenant");
  connection = await hub.ensureTenant("one", account);
  officer = await api.issuer.token({ tenant: "one", roles: ["privacy-officer"], sub: "officer" });
});

afterAll(async () => {
  await api?.stop();
  await hub?.close();
  await server?.stop();
});

const GIVE = `mutation ($a: ID!, $s: String!, $p: [String!]!) { giveConsent(application: $a, subject: $s, purposes: $p) }`;
const WITHDRAW = `mutation ($a: ID!, $s: String!) { withdrawConsent(application: $a, subject: $s) }`;
const RECEIPTS = `query ($a: ID!, $s: String!) { receipts(application: $a, subject: $s) { id event policyVersion method by
  subjectKey purposes { name legalBasis lifetimeDays } hash } }`;
const VERIFY = `query ($a: ID!) { verifyReceipts(application: $a) { receipts intact broken { id } head } }`;
const EXPORT = `mutation ($a: ID!, $s: String!) { exportReceipts(application: $a, subject: $s) { content receipts signature publicKey } }`;

interface Receipt {
  readonly id: string;
  readonly event: string;
  readonly subjectKey: string;
  readonly hash: string;
}

const ask = (query: string, variables: object = {}) => api.ask(officer, query, { a: tenant.application, ...variables });
async function chainOf(application: string): Promise<readonly StoredReceipt[]> {
  const chain: StoredReceipt[] = [];
  for await (const page of receiptPages(connection, application)) chain.push(...page);
  return chain;
}

const receipts = async (s: string): Promise<Receipt[]> => (await ask(RECEIPTS, { s })).get<Receipt[]>("receipts");

test("what an officer takes down is the subject's consent at once, with a receipt for each time", async () => {
  const given = (await ask(GIVE, { s: "ann", p: ["analytics"] })).get<string>("giveConsent");
  const [first] = await receipts("ann");
  expect(first).toMatchObject({
    id: given,
    event: "GIVEN",
    policyVersion: 1,
    method: "SUPPORT",
    by: "officer",
    purposes: [{ name: "analytics", legalBasis: "CONSENT", lifetimeDays: 365 }],
  });
  const key = consentKey(tenant.application, first?.subjectKey ?? "");
  expect((await connection.consent.get(key))?.json<ConsentState>()).toMatchObject({
    purposes: ["analytics"],
    policyVersion: 1,
    receipt: given,
  });

  const withdrawn = (await ask(WITHDRAW, { s: "ann" })).get<string>("withdrawConsent");
  expect((await receipts("ann")).map(({ id, event }) => `${event} ${id}`)).toEqual([
    `WITHDRAWN ${withdrawn}`,
    `GIVEN ${given}`,
  ]);
  expect((await connection.consent.get(key))?.json<ConsentState>().purposes).toEqual([]);
  expect(await receipts("somebody else")).toEqual([]);
});

test("consent is taken down for purposes that the policy has, and for no others", async () => {
  expect((await ask(GIVE, { s: "ann", p: ["unheard-of"] })).codes).toEqual(["INVALID_INPUT"]);
  expect((await ask(GIVE, { s: "ann", p: [] })).codes).toEqual(["INVALID_INPUT"]);
  expect((await ask(GIVE, { s: "a\nb", p: ["analytics"] })).codes).toEqual(["INVALID_INPUT"]);
});

test("of many receipts the newest come, page by page, and each says what has become of it", async () => {
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) ids.unshift((await ask(GIVE, { s: "often", p: ["analytics"] })).get("giveConsent"));
  const PAGE = `query ($a: ID!, $s: String!, $b: String) { receipts(application: $a, subject: $s, first: 2, before: $b) {
    id state cursor purposes { name expired } } }`;
  const page = async (b?: string) =>
    (await ask(PAGE, { s: "often", b })).get<{ id: string; state: string; cursor: string }[]>("receipts");
  const first = await page();
  expect(first).toMatchObject([
    { id: ids[0], state: "GIVEN", purposes: [{ expired: false }] },
    { id: ids[1], state: "SUPERSEDED" },
  ]);
  expect(await page(first[1]?.cursor)).toMatchObject([{ id: ids[2], state: "SUPERSEDED" }]);
  await ask(WITHDRAW, { s: "often" });
  expect((await page()).map(({ state }) => state)).toEqual(["WITHDRAWN", "SUPERSEDED"]);
});

test("what was read to a subject stands in the receipt, and only a text that the policy has", async () => {
  const made = await makeTenant(api, "worded");
  const officerThere = await api.issuer.token({ tenant: "worded", roles: ["privacy-officer"], sub: "officer" });
  const there = (query: string, variables: object = {}) =>
    api.ask(officerThere, query, { a: made.application, ...variables });
  const account = await ensureAccount(api.database.orm, new SecretBox(Buffer.alloc(32, 7)), "worded");
  if (account === null) throw new Error("no tenant");
  await hub.ensureTenant("worded", account);
  const text = { id: "form", language: "en", text: "May we?", purposes: [{ name: "analytics", text: "To learn" }] };
  const PUBLISH = `mutation ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!, $w: [WordingInput!]!) {
    publishPolicy(application: $a, purposes: $p, fields: $f, wordings: $w) { policy { wordings { id purposes { text } } } } }`;
  const published = await there(PUBLISH, { p: PURPOSES, f: FIELDS, w: [text] });
  expect(published.get("publishPolicy")).toMatchObject({ policy: { wordings: [{ id: "form" }] } });
  const GIVEN = `mutation ($a: ID!, $w: ID) { giveConsent(application: $a, subject: "ann", purposes: ["analytics"], wording: $w) }`;
  expect((await there(GIVEN, { w: "another" })).codes).toEqual(["INVALID_INPUT"]);
  expect((await there(GIVEN, { w: "form" })).codes).toEqual([]);
  const READ = `query ($a: ID!) { receipts(application: $a, subject: "ann") { notice { id language hash } purposes { wording } } }`;
  expect((await there(READ)).get("receipts")).toEqual([
    { notice: { id: "form", language: "en", hash: wordingHash(text) }, purposes: [{ wording: "To learn" }] },
  ]);
  // published again the text is another's version: what was given under the old one is no longer in force
  await there(PUBLISH, { p: PURPOSES, f: FIELDS, w: [{ ...text, text: "May we, please?" }] });
  expect(
    (await there(`query ($a: ID!) { receipts(application: $a, subject: "ann") { state } }`)).get("receipts"),
  ).toEqual([{ state: "INVALIDATED" }]);
});

test("a source is made an authority on consent by who grants sources, on record, and only one whose key is secret", async () => {
  const SET = `mutation ($s: ID!, $on: Boolean!) { setConsentAuthority(source: $s, authority: $on) { consentAuthority } }`;
  const MAKE = `mutation ($a: ID!, $n: String!, $m: ConsentMode!) { createSource(application: $a, name: $n, kind: REST, consentMode: $m) {
    source { id consentAuthority } } }`;
  const developer = await api.issuer.token({ tenant: "one", roles: ["developer"], sub: "dev" });
  const make = async (m: string) =>
    (await api.ask(developer, MAKE, { a: tenant.application, m, n: `by-${m}` })).get<{ source: { id: string } }>(
      "createSource",
    ).source;
  const crm = await make("SUBJECT");
  expect(crm).toMatchObject({ consentAuthority: false });
  expect((await api.ask(developer, SET, { s: crm.id, on: true })).codes).toEqual(["FORBIDDEN"]);
  expect((await ask(SET, { s: crm.id, on: true })).get("setConsentAuthority")).toEqual({ consentAuthority: true });
  expect((await ask(SET, { s: (await make("OWNER")).id, on: true })).codes).toEqual(["INVALID_INPUT"]);
  // a page shows its key to everybody
  expect((await ask(SET, { s: tenant.source, on: true })).codes).toEqual(["INVALID_INPUT"]);
  expect((await ask(SET, { s: crm.id, on: false })).get("setConsentAuthority")).toEqual({ consentAuthority: false });
  const { text } = await ask(`{ auditLog(first: 50) { edges { node { action target } } } }`);
  expect(text).toContain("source.consent-authority-given");
  expect(text).toContain("source.consent-authority-taken");
});

test("a receipt and the audit log name the subject nowhere", async () => {
  await ask(GIVE, { s: "jane.doe@example.com", p: ["analytics"] });
  const audit = await ask(`{ auditLog(first: 200) { edges { node { details target } } } }`);
  const chain = await chainOf(tenant.application);
  expect(chain.length).toBeGreaterThan(0);
  expect(JSON.stringify(chain) + audit.text).not.toContain("jane.doe");
});

const withdrawal = (application: string, id: string) =>
  makeReceipt(
    { version: 1, purposes: [], fields: [] },
    {
      id,
      tenant: "one",
      application,
      subjectKey: `s-${id}`,
      purposes: [],
      policyVersion: 1,
      at: 1,
      collection: { method: "rest", by: "src", optedOut: [] },
    },
  );

test("writers in different places make one chain, and lose nothing", async () => {
  const application = "busy";
  const logs = [new ReceiptLog(connection.nc), new ReceiptLog(connection.nc), new ReceiptLog(connection.nc)] as const;
  const make = (id: string) => withdrawal(application, id);
  const ids = Array.from({ length: 40 }, (_, i) => `r${i}`);
  await Promise.all(ids.map((id, i) => (logs[i % 3] ?? logs[0]).append(make(id))));
  const chain = await chainOf(application);
  expect(chain.map(({ receipt }) => receipt.id).sort()).toEqual([...ids].sort());
  expect(brokenLink(chain)).toBe(-1);
  // the same receipt once more, after an answer that was lost, is there once
  await logs[0].append(make("r0"));
  await logs[0].append(make("last"));
  const after = await chainOf(application);
  expect(after).toHaveLength(41);
  expect(brokenLink(after)).toBe(-1);
});

test("receipts that wait for one another leave in one batch; one that is there already holds up none of the others", async () => {
  const application = "together";
  const chain = new ReceiptLog(connection.nc);
  const ids = Array.from({ length: 200 }, (_, i) => `t${i}`);
  await Promise.all(ids.map((id) => chain.append(withdrawal(application, id))));
  // group commit: the hub has been asked a few times only
  const batches = new Set<string>();
  const { state } = await connection.jsm.streams.info(STREAMS.receipts);
  for (let seq = state.last_seq - 199; seq <= state.last_seq; seq++) {
    const message = await connection.jsm.streams.getMessage(STREAMS.receipts, { seq });
    batches.add(message?.header.get("Nats-Batch-Id") ?? "");
  }
  expect([...batches]).toHaveLength(1);
  expect([...batches][0]).not.toBe("");
  const more = [...ids.slice(0, 3), ...Array.from({ length: 50 }, (_, i) => `u${i}`)];
  await Promise.all(more.map((id) => chain.append(withdrawal(application, id))));
  const stored = await chainOf(application);
  expect(stored.map(({ receipt }) => receipt.id).sort()).toEqual([...new Set([...ids, ...more])].sort());
  expect(brokenLink(stored)).toBe(-1);
});

test("a changed, removed, added or reordered receipt breaks the chain", async () => {
  for (const s of ["b", "c", "d"]) await ask(GIVE, { s, p: ["analytics"] });
  const chain = await chainOf(tenant.application);
  const [first, second, third, ...rest] = chain as [StoredReceipt, StoredReceipt, StoredReceipt, ...StoredReceipt[]];
  const forged = { ...second, receipt: { ...second.receipt, policyVersion: 9 } };
  expect(brokenLink(chain)).toBe(-1);
  expect(brokenLink([first, forged, third, ...rest])).toBe(1);
  expect(brokenLink([first, third, ...rest])).toBe(1);
  expect(brokenLink([first, second, second, third, ...rest])).toBe(2);
  expect(brokenLink([second, first, third, ...rest])).toBe(0);
  expect(brokenLink([first, { ...second, previous: third.hash }, third, ...rest])).toBe(1);
  // whoever changes one and makes its hash anew would have to make all that follow anew, up to the head that is kept elsewhere
  const rehashed = { ...forged, hash: receiptHash(forged.receipt, first.hash) };
  expect(brokenLink([first, rehashed, third, ...rest])).toBe(2);
  expect(brokenLink([first, rehashed, { ...third, previous: rehashed.hash }, ...rest])).toBe(2);
});

test("nobody deletes a receipt, not even the control plane", async () => {
  const { jsm } = connection;
  await expect(jsm.streams.deleteMessage(STREAMS.receipts, 1)).rejects.toThrow(/not permitted/);
  await expect(jsm.streams.purge(STREAMS.receipts)).rejects.toThrow(/not permitted/);
});

test("a policy's preview says how many subjects' consent it would outdate", async () => {
  const PREVIEW = `query ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!) {
    policyPreview(application: $a, purposes: $p, fields: $f) { version storedConsents } }`;
  const preview = async () => (await ask(PREVIEW, { p: PURPOSES, f: FIELDS })).get("policyPreview");
  const { storedConsents } = (await preview()) as { storedConsents: number };
  await ask(GIVE, { s: "somebody new", p: ["analytics"] });
  await ask(WITHDRAW, { s: "somebody new" });
  expect(await preview()).toEqual({ version: 2, storedConsents: storedConsents + 1 });
});

test("a subject's export is one file that its signature proves", async () => {
  const file = (await ask(EXPORT, { s: "ann" })).get<SignedFile>("exportReceipts");
  expect(file.receipts).toBe(2);
  const genuine = (content: string): boolean => signed(content, file.signature, file.publicKey);
  expect(genuine(file.content)).toBe(true);
  expect(genuine(file.content.replace("support", "web"))).toBe(false);
});

interface SignedHead {
  readonly head: { readonly application: string; readonly receipts: number; readonly hash: string };
  readonly signature: string;
  readonly publicKey: string;
}

interface SignedFile {
  readonly content: string;
  readonly receipts: number;
  readonly signature: string;
  readonly publicKey: string;
}

const signed = (content: string, signature: string, publicKey: string): boolean =>
  verify(null, Buffer.from(content), createPublicKey(publicKey), Buffer.from(signature, "base64"));

const download = (token: string, application: string) =>
  fetch(`${api.url}/receipts/${application}.ndjson`, { headers: { authorization: `Bearer ${token}` } });

test("the whole chain is one file of lines, however long, whose last is its signed head", async () => {
  const chain = new ReceiptLog(connection.nc);
  const ids = Array.from({ length: 4_500 }, (_, i) => `l${i}`);
  await Promise.all(ids.map((id) => chain.append(withdrawal(tenant.application, id))));
  const response = await download(officer, tenant.application);
  expect(response.status).toBe(200);
  const lines = (await response.text()).trimEnd().split("\n");
  const { head, signature, publicKey } = JSON.parse(lines.pop() ?? "") as SignedHead;
  const stored = lines.map((line) => JSON.parse(line) as StoredReceipt);
  expect(stored.length).toBeGreaterThan(4_500);
  expect(brokenLink(stored)).toBe(-1);
  expect(head).toMatchObject({ application: tenant.application, receipts: stored.length, hash: stored.at(-1)?.hash });
  expect(signed(canonicalJson(head), signature, publicKey)).toBe(true);
  // a cut-off end shows in the head
  expect(stored.at(-2)?.hash).not.toBe(head.hash);
  expect((await ask(VERIFY)).get("verifyReceipts")).toMatchObject({ intact: true, receipts: stored.length });
  expect(new Set(stored.map(({ receipt }) => receipt.id)).size).toBe(stored.length);
});

test("the chain is for who may read it, of their own tenant", async () => {
  const developer = await api.issuer.token({ tenant: "one", roles: ["developer"], sub: "dev" });
  expect((await download(developer, tenant.application)).status).toBe(403);
  const foreign = await makeTenant(api, "two");
  const stranger = await api.issuer.token({ tenant: "two", roles: ["privacy-officer"], sub: "stranger" });
  expect((await download(stranger, tenant.application)).status).toBe(404);
  expect((await download(officer, foreign.application)).status).toBe(404);
  expect((await fetch(`${api.url}/receipts/${tenant.application}.ndjson`)).status).toBe(401);
});

test("a forged receipt, written past the chain, is named by the check", async () => {
  const good = (await ask(VERIFY)).get<{ receipts: number; intact: boolean; head: string }>("verifyReceipts");
  expect(good).toMatchObject({ intact: true, broken: null });
  const [last] = (await chainOf(tenant.application)).slice(-1);
  if (last === undefined) throw new Error("no receipt");
  expect(good.head).toBe(last.hash);
  const forged = { ...last, receipt: { ...last.receipt, id: "forged" } };
  await connection.js.publish(receiptSubject(tenant.application, "x"), JSON.stringify(forged));
  expect((await ask(VERIFY)).get("verifyReceipts")).toMatchObject({ intact: false, broken: { id: "forged" } });
});

test("without the hub nothing is answered as taken down", async () => {
  const other = await startApi();
  try {
    const made = await makeTenant(other, "one");
    const token = await other.issuer.token({ tenant: "one", roles: ["privacy-officer"], sub: "officer" });
    const answer = await other.ask(token, GIVE, { a: made.application, s: "ann", p: ["analytics"] });
    expect(answer.codes).toEqual(["HUB_UNAVAILABLE"]);
  } finally {
    await other.stop();
  }
});
