import { createPublicKey, verify } from "node:crypto";
import { createLogger } from "@o2mc/runtime/log.ts";
import { ReceiptLog } from "@o2mc/runtime/receipt-log.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import { brokenLink, makeReceipt, receiptHash, type StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import { consentKey, receiptSubject, STREAMS } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../../e2e/testkit/nats-operator.ts";
import type { TenantConnection } from "../../hub/connection.ts";
import { Hub } from "../../hub/hub.ts";
import { readReceipts } from "../../hub/receipts.ts";
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
const EXPORT = `mutation ($a: ID!, $s: String) { exportReceipts(application: $a, subject: $s) { content receipts signature publicKey } }`;

interface Receipt {
  readonly id: string;
  readonly event: string;
  readonly subjectKey: string;
  readonly hash: string;
}

const ask = (query: string, variables: object = {}) => api.ask(officer, query, { a: tenant.application, ...variables });
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

test("a receipt and the audit log name the subject nowhere", async () => {
  await ask(GIVE, { s: "jane.doe@example.com", p: ["analytics"] });
  const audit = await ask(`{ auditLog(first: 200) { edges { node { details target } } } }`);
  const chain = await readReceipts(connection, tenant.application);
  expect(chain.length).toBeGreaterThan(0);
  expect(JSON.stringify(chain) + audit.text).not.toContain("jane.doe");
});

test("writers in different places make one chain, and lose nothing", async () => {
  const application = "busy";
  const logs = [new ReceiptLog(connection.nc), new ReceiptLog(connection.nc), new ReceiptLog(connection.nc)] as const;
  const policy = { version: 1, purposes: [], fields: [] };
  const make = (id: string) =>
    makeReceipt(policy, {
      id,
      tenant: "one",
      application,
      subjectKey: `s-${id}`,
      purposes: [],
      policyVersion: 1,
      at: 1,
      collection: { method: "rest", by: "src", optedOut: [] },
    });
  const ids = Array.from({ length: 40 }, (_, i) => `r${i}`);
  await Promise.all(ids.map((id, i) => (logs[i % 3] ?? logs[0]).append(make(id))));
  const chain = await readReceipts(connection, application);
  expect(chain.map(({ receipt }) => receipt.id).sort()).toEqual([...ids].sort());
  expect(brokenLink(chain)).toBe(-1);
  // the same receipt once more, after an answer that was lost, is there once
  await logs[0].append(make("r0"));
  await logs[0].append(make("last"));
  const after = await readReceipts(connection, application);
  expect(after).toHaveLength(41);
  expect(brokenLink(after)).toBe(-1);
});

test("a changed, removed, added or reordered receipt breaks the chain", async () => {
  for (const s of ["b", "c", "d"]) await ask(GIVE, { s, p: ["analytics"] });
  const chain = await readReceipts(connection, tenant.application);
  const [first, second, third, ...rest] = chain as [StoredReceipt, StoredReceipt, StoredReceipt, ...StoredReceipt[]];
  const forged = { ...second, receipt: { ...second.receipt, policyVersion: 9 } };
  expect(brokenLink(chain)).toBe(-1);
  expect(brokenLink([first, forged, third, ...rest])).toBe(1);
  expect(brokenLink([first, third, ...rest])).toBe(1);
  expect(brokenLink([first, second, second, third, ...rest])).toBe(2);
  expect(brokenLink([second, first, third, ...rest])).toBe(0);
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

test("the export is one file that its signature proves", async () => {
  const whole = (await ask(EXPORT)).get<{ content: string; receipts: number; signature: string; publicKey: string }>(
    "exportReceipts",
  );
  const genuine = (content: string): boolean =>
    verify(null, Buffer.from(content), createPublicKey(whole.publicKey), Buffer.from(whole.signature, "base64"));
  expect(genuine(whole.content)).toBe(true);
  expect(genuine(whole.content.replace("support", "web"))).toBe(false);
  const lines = whole.content.trimEnd().split("\n").slice(1);
  const chain = lines.map((line) => JSON.parse(line) as StoredReceipt);
  expect(chain).toHaveLength(whole.receipts);
  expect(brokenLink(chain)).toBe(-1);

  const one = (await ask(EXPORT, { s: "ann" })).get<{ receipts: number; content: string }>("exportReceipts");
  expect(one.receipts).toBe(2);
});

test("a forged receipt, written past the chain, is named by the check", async () => {
  const good = (await ask(VERIFY)).get<{ receipts: number; intact: boolean; head: string }>("verifyReceipts");
  expect(good).toMatchObject({ intact: true, broken: null });
  const [last] = (await readReceipts(connection, tenant.application)).slice(-1);
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
