import { createHash } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../test/api.ts";
import { makeTenant, type Fixture } from "../test/fixture.ts";
import { machineToken } from "../test/machine-token.ts";

let api: TestApi;
let tenant: Fixture;

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
});

afterAll(() => api?.stop());

const person = (role: "owner" | "developer") => api.issuer.token({ tenant: "one", roles: [role], sub: role });

const token = (scopes: readonly string[], livesMs?: number) => machineToken(api, "one", scopes, livesMs);

test("it is of its tenant alone", async () => {
  const other = await makeTenant(api, "two");
  const { secret } = await token(["application.read"]);
  const asked = `query ($a: ID!) { application(id: $a) { id } }`;
  expect((await api.ask(secret, asked, { a: tenant.application })).data).toEqual({
    application: { id: tenant.application },
  });
  expect((await api.ask(secret, asked, { a: other.application })).data).toEqual({ application: null });
});

const ME = `{ me { id } }`;

test("it ends at its time, which is within a year", async () => {
  const { secret } = await token(["application.read"], 700);
  expect((await api.ask(secret, ME)).codes).toEqual([]);
  while ((await api.ask(secret, ME)).codes.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await api.ask(secret, ME)).codes).toEqual(["UNAUTHENTICATED"]);
  for (const livesMs of [-1_000, 400 * 24 * 3_600_000]) {
    const answer = await api.ask(
      await person("developer"),
      `mutation ($e: DateTime!) { createMachineToken(name: "x", scopes: ["application.read"], expiresAt: $e) { secret } }`,
      { e: new Date(Date.now() + livesMs) },
    );
    expect(answer.codes).toEqual(["INVALID_INPUT"]);
  }
});

test("it tells when it was last used", async () => {
  const list = `{ machineTokens(first: 200) { edges { node { id lastUsedAt } } } }`;
  const { id, secret } = await token(["token.read"]);
  const lastUsed = async (): Promise<string | null | undefined> => {
    const answer = await api.ask(await person("developer"), list);
    const { edges } = answer.get<{ edges: { node: { id: string; lastUsedAt: string | null } }[] }>("machineTokens");
    return edges.find(({ node }) => node.id === id)?.node.lastUsedAt;
  };
  expect(await lastUsed()).toBeNull();
  const before = Date.now();
  await api.ask(secret, ME);
  const used = Date.parse((await lastUsed()) ?? "");
  expect(used).toBeGreaterThanOrEqual(before);
  expect(used).toBeLessThanOrEqual(Date.now());
});

test("its secret is shown once and stored nowhere, its hash never shown", async () => {
  const { id, secret } = await token(["token.read"]);
  const shown = await api.ask(
    await person("owner"),
    `{ machineTokens(first: 200) { edges { node { id name scopes createdBy } } } auditLog(first: 200) { edges { node { action target details } } } }`,
  );
  expect(shown.codes).toEqual([]);
  expect(shown.text).toContain(id);
  const hash = createHash("sha256").update(secret).digest("hex");
  expect(shown.text).not.toContain(secret);
  expect(shown.text).not.toContain(hash);
  const stored = await everything();
  expect(stored).toContain(hash);
  expect(stored).not.toContain(secret);
  expect(stored).not.toContain(secret.slice("o2mc_".length));
});

/** Every row of every table, as the owner of the database sees it. */
async function everything(): Promise<string> {
  const client = new Client({ connectionString: api.database.ownerUrl });
  await client.connect();
  const tables = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public'",
  );
  const rows: string[] = [];
  for (const { name } of tables.rows) {
    rows.push(JSON.stringify((await client.query(`select * from ${name}`)).rows));
  }
  await client.end();
  return rows.join("\n");
}
