import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessToken, ask, graphql } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { postEvents } from "../../testkit/ingest.ts";
import type { Endpoints } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { storedRows } from "../raised-policy/stored-rows.ts";

/** Purposes 1, 2 and 3 are granted; made in 2020. */
const TCF_1_2_3 = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA";
const PURPOSES = [
  {
    name: "analytics",
    legalBasis: "CONSENT",
    lifetimeDays: 30,
    signals: { gpc: "DENY", dnt: "IGNORE", tcf: { purposes: [1], vendor: null } },
  },
  { name: "marketing", legalBasis: "CONSENT", lifetimeDays: 30 },
];
const FIELDS = [
  { path: "page", type: "STRING", purposes: ["analytics", "marketing"] },
  {
    path: "email",
    type: "STRING",
    purposes: ["marketing"],
    anonymized: [{ methods: ["HASH"], purposes: ["analytics"] }],
  },
];

let endpoints: Endpoints;
let developer: string;
let officer: string;
let application: string;
let pipeline: string;
let source: { readonly id: string; readonly writeKey: string };
const folder = mkdtempSync(join(tmpdir(), "o2mc-attack-"));

const made = async (token: string, query: string, variables: object = {}): Promise<string> =>
  (await ask<{ made: { id: string } }>(endpoints, token, query, variables)).made.id;

const CREATE = `mutation ($a: ID!, $n: String!, $d: PipelineDefinitionInput!) {
  made: createPipeline(application: $a, name: $n, definition: $d) { id } }`;
const APPROVE = "mutation ($p: ID!) { made: approvePipeline(pipeline: $p) { id } }";
const PUBLISH = "mutation ($p: ID!) { made: publishPipeline(pipeline: $p) { id } }";

const emit = (...fields: string[]) => ({ emit: { output: "pages", fields } });
const draft = (name: string, purposes: string[], ...steps: object[]): Promise<string> =>
  made(developer, CREATE, { a: application, n: name, d: { purposes, steps } });

beforeAll(async () => {
  ({ endpoints } = await sharedPlatform());
  developer = await accessToken(endpoints, "dev@demo.example");
  officer = await accessToken(endpoints, "officer@demo.example");
  application = await made(
    developer,
    `mutation { made: createApplication(name: "Attacked", slug: "attacked") { id } }`,
  );
  await ask(
    endpoints,
    officer,
    `mutation ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!) {
      publishPolicy(application: $a, purposes: $p, fields: $f) { stopped } }`,
    { a: application, p: PURPOSES, f: FIELDS },
  );
  pipeline = await draft("pages", ["analytics"], emit("page"));
  await made(officer, APPROVE, { p: pipeline });
  await made(developer, PUBLISH, { p: pipeline });
  const { createSource } = await ask<{ createSource: { source: { id: string }; writeKey: string } }>(
    endpoints,
    developer,
    `mutation ($a: ID!) { createSource(application: $a, name: "own", kind: REST, consentMode: SUBJECT) { source { id } writeKey } }`,
    { a: application },
  );
  source = { id: createSource.source.id, writeKey: createSource.writeKey };
  await made(officer, `mutation ($s: ID!) { made: grantSource(source: $s, purposes: ["analytics"]) { id } }`, {
    s: source.id,
  });
  await eventually(async () => (await postEvents(endpoints, source.id, source.writeKey, "[]")).status, 400, 20_000, 0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function store(subject: string, said: object, headers: object = {}): Promise<number> {
  const response = await fetch(`${endpoints.edge}/v1/sources/${source.id}/consent/${subject}`, {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${source.writeKey}`, ...headers },
    body: JSON.stringify({ policyVersion: 1, ...said }),
  });
  return response.status;
}

let sent = 0;

/** `accepted`, or the reason of the denial. */
async function send(subject: string, consent: unknown, page: string, headers: Record<string, string> = {}) {
  const event = {
    id: `attack-${sent++}`,
    type: "page",
    time: new Date().toISOString(),
    subject,
    data: { page, email: `${page}@secret.example`, ssn: `${page}-undeclared` },
    consent,
  };
  const { status, body } = await postEvents(endpoints, source.id, source.writeKey, JSON.stringify(event), headers);
  if (status !== 202) return status;
  const [denied] = body["denied"] as { readonly reason: string }[];
  return denied?.reason ?? "accepted";
}

const now = (): string => new Date().toISOString();
const claim = (more: object = {}) => ({ purposes: ["analytics"], policyVersion: 1, givenAt: now(), ...more });
const inYears = (years: number): string => new Date(Date.now() + years * 365.25 * 86_400_000).toISOString();

test("missing, malformed, forged, old, future and signalled-away consent: denied with a reason, and no row anywhere", async () => {
  expect(await store("withdrawn", { purposes: ["analytics"] })).toBe(204);
  expect(await store("withdrawn", { purposes: [] })).toBe(204);
  expect(await store("narrow", { purposes: ["marketing"] })).toBe(204);
  expect(await store("gpc", { purposes: ["analytics"] }, { "sec-gpc": "1" })).toBe(204);
  const attacks: readonly (readonly [reason: string, subject: string, consent: unknown, headers?: object])[] = [
    ["no-consent", "none", undefined],
    ["no-consent", "none", null],
    ["no-consent", "none", claim({ purposes: [] })],
    ["malformed-consent", "none", "yes"],
    ["malformed-consent", "none", true],
    ["malformed-consent", "none", [claim()]],
    ["malformed-consent", "none", claim({ policyVersion: "1" })],
    ["malformed-consent", "none", claim({ purposes: ["analytics", "analytics"] })],
    ["malformed-consent", "none", claim({ givenAt: inYears(10) })],
    ["expired", "none", claim({ givenAt: inYears(-10) })],
    ["outdated-policy", "none", claim({ policyVersion: 2 })],
    ["unknown-purpose", "none", claim({ purposes: ["analytics", "constructor"] })],
    ["unknown-purpose", "none", claim({ purposes: undefined, level: "all" })],
    ["malformed-consent", "none", claim({ tcf: TCF_1_2_3.slice(0, 20) })],
    ["opted-out", "none", claim({ gpc: true })],
    ["opted-out", "none", claim({ tcf: TCF_1_2_3 }), { "sec-gpc": "1" }],
    ["opted-out", "none", claim(), { "sec-gpc": "1" }],
    ["withdrawn", "withdrawn", claim()],
    ["withdrawn", "gpc", claim()],
    ["no-consent", "narrow", claim({ purposes: ["analytics", "marketing"] })],
  ];
  for (const [i, [reason, subject, consent, headers = {}]] of attacks.entries()) {
    const answer = await send(subject, consent, `/attack-${i}`, headers as Record<string, string>);
    expect(`${i} ${String(answer)}`).toBe(`${i} ${reason}`);
  }
  expect(await send("fine", claim({ tcf: TCF_1_2_3 }), "/fine")).toBe("accepted");
  const output = { application, pipeline, output: "pages" };
  // the last that was sent comes last: what came before it and is not there never will be
  expect(await storedRows(endpoints, developer, output, 1)).toEqual({ pages: ["/fine"], withheld: 0 });
});

test("a replay after withdrawal reaches nobody", async () => {
  const earlier = claim();
  expect(await send("replayed", earlier, "/before")).toBe("accepted");
  expect(await store("replayed", { purposes: [] })).toBe(204);
  expect(await send("replayed", earlier, "/again")).toBe("withdrawn");
  expect(await send("replayed", claim(), "/anew")).toBe("withdrawn");
  const output = { application, pipeline, output: "pages" };
  const seen = await storedRows(endpoints, developer, output, 2);
  // what was before the withdrawal is withheld from who comes now
  expect(seen).toEqual({ pages: ["/fine"], withheld: 1 });
});

test.each<[string, string[], object[], string]>([
  ["reads a field of another purpose", ["analytics"], [emit("page", "email")], "field-not-permitted"],
  [
    "renames it",
    ["analytics"],
    [{ rename: { fields: [{ from: "email", to: "page2" }] } }, emit("page2")],
    "field-not-permitted",
  ],
  [
    "hashes it first",
    ["analytics"],
    [{ anonymize: { field: "email", method: "HASH" } }, emit("email")],
    "field-not-permitted",
  ],
  ["names purposes together to see it", ["analytics", "marketing"], [emit("email")], "field-not-permitted"],
  ["reads what is not declared", ["marketing"], [emit("ssn")], "unknown-field"],
])("a pipeline that %s cannot be approved or published", async (name, purposes, steps, reason) => {
  const id = await draft(name, purposes, ...steps);
  for (const [token, query] of [
    [officer, APPROVE],
    [developer, PUBLISH],
  ] as const) {
    const { errors } = await graphql(endpoints, token, query, { p: id });
    expect(errors?.[0]?.extensions).toMatchObject({ code: "DEFINITION_INVALID", reason });
  }
});

test("a developer who adds a destination gets nothing there until somebody else has approved it", async () => {
  const destination = await made(
    developer,
    `mutation ($o: DestinationOptionsInput!) { made: createDestination(name: "exfiltration", options: $o) { id } }`,
    { o: { file: { directory: folder, format: "JSONL", rotateSeconds: 1 } } },
  );
  await made(
    developer,
    `mutation ($p: ID!, $d: ID!) { made: createDelivery(pipeline: $p, output: "pages", destination: $d) { id } }`,
    { p: pipeline, d: destination },
  );
  const refused = await graphql(endpoints, developer, APPROVE, { p: pipeline });
  expect(refused.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  expect(await send("delivered", claim(), "/unapproved")).toBe("accepted");
  const output = { application, pipeline, output: "pages" };
  expect((await storedRows(endpoints, developer, output, 3)).pages).toContain("/unapproved");
  expect(readdirSync(folder)).toEqual([]);

  await made(officer, APPROVE, { p: pipeline });
  const files = async (): Promise<boolean> => {
    await send("delivered", claim(), "/approved");
    return readdirSync(folder).some((file) => file.endsWith(".jsonl"));
  };
  await eventually(files, true, 30_000);
});

test("what was proven is proven over the whole line, and nobody with an API token changes it", async () => {
  const query = `query ($a: ID!) { verifyReceipts(application: $a) { receipts intact broken { id } } }`;
  const { verifyReceipts } = await ask<{ verifyReceipts: { receipts: number; intact: boolean } }>(
    endpoints,
    officer,
    query,
    { a: application },
  );
  expect(verifyReceipts).toMatchObject({ intact: true, broken: null });
  expect(verifyReceipts.receipts).toBeGreaterThanOrEqual(5);
  const { errors } = await graphql(endpoints, developer, query, { a: application });
  expect(errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  const give = `mutation ($a: ID!) { giveConsent(application: $a, subject: "replayed", purposes: ["analytics"]) }`;
  const forged = await graphql(endpoints, developer, give, { a: application });
  expect(forged.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
});
