import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadDestination } from "../publish/load-deployment.ts";
import { startApi, type TestApi } from "../test/api.ts";
import { makeTenant, type Fixture } from "../test/fixture.ts";
import { enrolWorker } from "../workers/enrol.ts";
import { rotateSecrets } from "./rotate-secrets.ts";
import { SecretBox } from "./secret.ts";

let api: TestApi;
const tenants: Fixture[] = [];
const KEY = Buffer.alloc(32, 7);
const NEW_KEY = Buffer.alloc(32, 8);

beforeAll(async () => {
  api = await startApi();
  for (const name of ["one", "two"]) tenants.push(await makeTenant(api, name));
  await enrolWorker(api.database.orm, new SecretBox(KEY), { name: "worker", role: "edge", scope: null });
});
afterAll(() => api?.stop());

test("rotation seals every value of every tenant and worker by the new key, and nothing needs the old one any more", async () => {
  const before = await sealedValues();
  expect(before.length).toBeGreaterThanOrEqual(5);
  expect(await rotateSecrets(api.database.orm, new SecretBox(NEW_KEY, [KEY]))).toBe(before.length);
  const after = await sealedValues();
  const alone = new SecretBox(NEW_KEY);
  expect(after.filter((value) => !alone.isCurrent(value))).toEqual([]);
  expect(after).toHaveLength(before.length);
  const [one] = tenants;
  const config = await loadDestination(api.database.orm, alone, "one", one?.destination ?? "");
  expect(JSON.stringify(config)).toContain("hunter2");
  expect(await rotateSecrets(api.database.orm, alone)).toBe(0);
});

/** All that is sealed anywhere, found by its look: a column that rotation forgets shows here. */
async function sealedValues(): Promise<string[]> {
  const client = new Client(api.database.ownerUrl);
  await client.connect();
  const tables = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public'",
  );
  const values: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await client.query<{ row: object }>(`select row_to_json(t) as row from "${name}" t`);
    values.push(...(JSON.stringify(rows).match(/s1\.[0-9a-f]{12}\.[A-Za-z0-9+/=]+/g) ?? []));
  }
  await client.end();
  return values;
}
