import { generateKeyPairSync } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linkHash } from "../../db/audit-chain.ts";
import { noHub, startApi, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";
import { exportProblem } from "./verify-export.ts";

let api: TestApi;
let tenant: Fixture;
let owner: string;

beforeAll(async () => {
  api = await startApi({ hub: () => ({ ...noHub, lastDeadLetters: () => Promise.resolve([]) }) });
  tenant = await makeTenant(api, "one");
  await makeTenant(api, "two");
  owner = await api.issuer.token({ tenant: "one", roles: ["owner"], sub: "olga" });
});

afterAll(() => api?.stop());

interface Entry {
  seq: number;
  actor: string;
  action: string;
  target: string;
  address: string;
  userAgent: string;
  credential: string | null;
  hash: string;
}

async function entries(filter: object = {}): Promise<readonly Entry[]> {
  const answer = await api.ask(
    owner,
    `query ($f: AuditFilterInput) { auditLog(first: 200, filter: $f) { edges { node {
      seq actor action target address userAgent credential hash } } } }`,
    { f: filter },
  );
  return answer.get<{ edges: { node: Entry }[] }>("auditLog").edges.map(({ node }) => node);
}

interface Verification {
  intact: boolean;
  complete: boolean;
  checked: number;
  broken: { seq: number; problem: string } | null;
  head: { seq: number; hash: string };
  publicKey: string;
}

async function verify(kept: object | null = null): Promise<Verification> {
  const answer = await api.ask(
    owner,
    `query ($k: AuditHeadInput) { verifyAuditLog(kept: $k) {
      intact complete checked broken { seq problem } head { seq hash } publicKey } }`,
    { k: kept },
  );
  return answer.get<Verification>("verifyAuditLog");
}

/** Does something as the owner of the database, whom nothing binds, and undoes it after `look`. */
async function tampered<T>(statements: readonly string[], look: () => Promise<T>): Promise<T> {
  await sql("create table kept as select * from audit_log");
  await sql(...statements);
  try {
    return await look();
  } finally {
    await sql(
      "delete from audit_log",
      "insert into audit_log overriding system value select * from kept",
      "drop table kept",
    );
  }
}

async function sql(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const client = new Client(api.database.ownerUrl);
  await client.connect();
  let rows: Record<string, unknown>[] = [];
  for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
  await client.end();
  return rows;
}

test("an entry says who, what, on what, with which token and from where", async () => {
  const [created] = await entries({ action: "source.created" });
  expect(created).toMatchObject({ actor: "developer", target: tenant.source, userAgent: "node" });
  expect(created?.address).toMatch(/127\.0\.0\.1$/);
  const scopes = ["dead-letter.read"];
  const made = await api.ask(
    owner,
    `mutation ($e: DateTime!, $s: [String!]!) { createMachineToken(name: "x", scopes: $s, expiresAt: $e) { machineToken { id } secret } }`,
    { s: scopes, e: new Date(Date.now() + 60_000) },
  );
  const { machineToken, secret } = made.get<{ machineToken: { id: string }; secret: string }>("createMachineToken");
  await api.ask(secret, `{ deadLetters(application: "${tenant.application}") { code } }`);
  const [read] = await entries({ action: "dead-letter.read" });
  expect(read).toMatchObject({
    actor: `token:${machineToken.id}`,
    credential: machineToken.id,
    target: tenant.application,
  });
  expect(JSON.stringify(read)).not.toContain(secret);
});

test("reading the log is in the log", async () => {
  await entries({ target: "something" });
  const [last] = await entries({ action: "audit.read", actor: "olga" });
  expect(last).toMatchObject({ actor: "olga", target: "one" });
});

test("it is searched by actor, action, target and time, page by page", async () => {
  expect(new Set((await entries({ actor: "privacy-officer" })).map(({ actor }) => actor))).toEqual(
    new Set(["privacy-officer"]),
  );
  expect((await entries({ target: tenant.pipeline })).map(({ action }) => action)).toEqual(
    expect.arrayContaining(["pipeline.created", "pipeline.published"]),
  );
  expect(await entries({ until: new Date(0) })).toEqual([]);
  expect(await entries({ from: new Date(Date.now() + 60_000) })).toEqual([]);
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const answer = await api.ask(
      owner,
      `query ($a: String) { auditLog(first: 3, after: $a, filter: { actor: "developer" }) {
        edges { node { hash } } pageInfo { hasNextPage endCursor } } }`,
      { a: after },
    );
    const page = answer.get<{ edges: { node: Entry }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }>(
      "auditLog",
    );
    seen.push(...page.edges.map(({ node }) => node.hash));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  expect(seen).toEqual((await entries({ actor: "developer" })).map(({ hash }) => hash));
});

test("forty changes at once make one chain", async () => {
  const developer = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  const before = (await verify()).head.seq;
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      api.ask(developer, `mutation { createApplication(name: "x", slug: "chain-${i}") { id } }`),
    ),
  );
  expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
  const after = await verify();
  expect(after).toMatchObject({ intact: true, complete: true, broken: null });
  // its own entry is written after it has looked
  expect(after.head.seq).toBe(before + 1 + 40);
});

test("the API's own role can neither change nor remove an entry", async () => {
  const client = new Client(api.database.url);
  await client.connect();
  await client.query("select set_config('app.tenant', 'one', false)");
  expect((await client.query("select 1 from audit_log")).rows.length).toBeGreaterThan(0);
  for (const statement of [
    "update audit_log set actor = 'nobody'",
    "delete from audit_log",
    "truncate audit_log",
    "alter table audit_log disable row level security",
    "drop table audit_log",
  ]) {
    await expect(client.query(statement)).rejects.toThrow(/permission denied|must be owner/);
  }
  await client.end();
});

test.each([
  ["a changed actor", "update audit_log set actor = 'nobody' where tenant = 'one' and seq = 3", 3, "changed"],
  ["changed details", `update audit_log set details = '{}' where tenant = 'one' and seq = 4`, 4, "changed"],
  ["a changed time", "update audit_log set at = at + interval '1 s' where tenant = 'one' and seq = 5", 5, "changed"],
  ["a changed address", "update audit_log set address = '1.2.3.4' where tenant = 'one' and seq = 5", 5, "changed"],
  ["a removed entry", "delete from audit_log where tenant = 'one' and seq = 6", 6, "missing"],
  ["a removed beginning", "delete from audit_log where tenant = 'one' and seq <= 2", 1, "missing"],
  [
    "an entry beside the chain",
    `insert into audit_log (tenant, at, actor, action, target, details) values ('one', now(), 'x', 'y', 'z', '{}')`,
    0,
    "unchained",
  ],
])("tampering shows: %s", async (_, statement, seq, problem) => {
  expect(await verify()).toMatchObject({ intact: true });
  const found = await tampered([statement], () => verify());
  expect(found).toMatchObject({ intact: false, broken: { seq, problem } });
  expect(await verify()).toMatchObject({ intact: true });
});

test("tampering shows: an entry that was changed and hashed anew", async () => {
  const [row] = await sql("select *, to_json(at)#>>'{}' as at_text from audit_log where tenant = 'one' and seq = 3");
  const hash = linkHash({
    tenant: "one",
    seq: 3,
    at: new Date(String(row?.["at_text"])).toISOString(),
    actor: "nobody",
    action: String(row?.["action"]),
    target: String(row?.["target"]),
    details: row?.["details"],
    address: String(row?.["address"]),
    userAgent: String(row?.["user_agent"]),
    credential: row?.["credential"] as string | null,
    previous: String(row?.["previous"]),
  });
  const change = `update audit_log set actor = 'nobody', hash = '${hash}' where tenant = 'one' and seq = 3`;
  expect(await tampered([change], () => verify())).toMatchObject({ broken: { seq: 4, problem: "not-linked" } });
});

test("tampering shows to who kept a head: an end that was cut off", async () => {
  const { head } = await verify();
  const cut = [`delete from audit_log where tenant = 'one' and seq >= ${head.seq - 2}`];
  expect(await tampered(cut, () => verify())).toMatchObject({ intact: true });
  expect(await tampered(cut, () => verify(head))).toMatchObject({
    intact: false,
    broken: { seq: head.seq, problem: "head" },
  });
  expect(await verify(head)).toMatchObject({ intact: true });
});

async function exported(
  token: string | null = owner,
): Promise<{ status: number; lines: readonly string[]; text: string }> {
  const response = await fetch(`${api.url}/audit-log.ndjson`, {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  return { status: response.status, text, lines: text.trimEnd().split("\n") };
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

test("an export is one file that shows by itself, with the platform's public key, that it is whole", async () => {
  const { publicKey } = await verify();
  const { lines, text } = await exported();
  expect(lines.length).toBeGreaterThan(50);
  expect(await exportProblem(each(lines), publicKey)).toBeNull();
  expect(text).not.toContain('"tenant":"two"');
  expect(lines.at(-2)).toContain('"action":"audit.exported"');
  const changed = lines.map((line, i) => (i === 7 ? line.replace(/"actor":"[^"]+"/, '"actor":"nobody"') : line));
  expect(await exportProblem(each(changed), publicKey)).toBe("entry 8: changed");
  expect(await exportProblem(each(lines.toSpliced(7, 1)), publicKey)).toBe("entry 8: missing");
  expect(await exportProblem(each(lines.toSpliced(-2, 1)), publicKey)).toMatch(/missing$/);
  expect(await exportProblem(each(lines.slice(0, -1)), publicKey)).toBe("the signed head is missing");
});

test("an export that another key signed is refused", async () => {
  const { lines } = await exported();
  const other = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }).toString();
  expect(await exportProblem(each(lines), other)).toBe("the head is not signed by this key");
});

test("an export is for who may, of their own tenant", async () => {
  const statuses: number[] = [];
  for (const role of ["developer", "analyst"] as const) {
    statuses.push((await exported(await api.issuer.token({ tenant: "one", roles: [role] }))).status);
  }
  expect([...statuses, (await exported(null)).status, (await exported("o2mc_x")).status]).toEqual([403, 403, 401, 401]);
  const other = await exported(await api.issuer.token({ tenant: "two", roles: ["owner"] }));
  expect(other.text).not.toContain('"tenant":"one"');
});
