import { afterAll, beforeAll, expect, test } from "vitest";
import { loadDeployment } from "../../publish/load-deployment.ts";
import { SecretBox } from "../../db/secret.ts";
import { hashOf } from "../../auth/machine-token.ts";
import { noHub, startApi, type Answer, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";

const DAY_MS = 24 * 3_600_000;
const USED = new Date("2026-11-24T10:00:00.000Z");
let api: TestApi;
let tenant: Fixture;
let developer: string;

beforeAll(async () => {
  api = await startApi({
    hub: () => ({ ...noHub, keysUsedAt: (_, [first = ""]) => Promise.resolve(new Map([[first, USED]])) }),
  });
  tenant = await makeTenant(api, "one");
  developer = await api.issuer.token({ tenant: "one", roles: ["developer"] });
});

afterAll(() => api?.stop());

const rotate = (oldUntil?: Date, keyExpiresAt?: Date): Promise<Answer> =>
  api.ask(
    developer,
    `mutation ($s: ID!, $u: DateTime, $e: DateTime) {
      rotateSourceKey(source: $s, oldUntil: $u, keyExpiresAt: $e) { keyId writeKey } }`,
    { s: tenant.source, u: oldUntil ?? null, e: keyExpiresAt ?? null },
  );

async function keys(): Promise<{ id: string; expiresAt: string | null; lastUsedAt: string | null }[]> {
  const query = "query ($s: ID!) { source(id: $s) { keys { id expiresAt lastUsedAt } } }";
  const answer = await api.ask(developer, query, { s: tenant.source });
  return answer.get<{ keys: never }>("source").keys;
}

async function ends(): Promise<Readonly<Record<string, number>> | undefined> {
  const box = new SecretBox(Buffer.alloc(32, 7));
  const deployed = await loadDeployment(api.database.orm, box, "one", tenant.application);
  if (typeof deployed === "string") throw new Error(deployed);
  return deployed.sources[0]?.writeKeyEnds;
}

test("rotation gives the older keys an end, a day from now unless told, and never a later one than they had", async () => {
  expect((await keys()).map(({ expiresAt }) => expiresAt)).toEqual([null]);
  expect(await ends()).toBeUndefined();
  const before = Date.now();
  const second = (await rotate()).get<{ writeKey: string }>("rotateSourceKey").writeKey;
  const [first, fresh] = await keys();
  const end = Date.parse(first?.expiresAt ?? "");
  expect(end).toBeGreaterThanOrEqual(before + DAY_MS);
  expect(end).toBeLessThanOrEqual(Date.now() + DAY_MS);
  expect(fresh?.expiresAt).toBeNull();

  const until = new Date(Date.now() + 2 * DAY_MS);
  const expiry = new Date(Date.now() + 30 * DAY_MS);
  await rotate(until, expiry);
  expect((await keys()).map(({ expiresAt }) => Date.parse(expiresAt ?? ""))).toEqual([
    end,
    until.getTime(),
    expiry.getTime(),
  ]);
  // what the edge goes by
  expect((await ends())?.[hashOf(second)]).toBe(until.getTime());
  expect(Object.keys((await ends()) ?? {})).toHaveLength(3);
});

test("what was used last is told", async () => {
  expect((await keys())[0]?.lastUsedAt).toBe(USED.toISOString());
});

test("an overlap or a life without end, and an end that is over, are refused", async () => {
  const refused = [
    await rotate(new Date(Date.now() + 91 * DAY_MS)),
    await rotate(undefined, new Date(Date.now() - 1)),
    await rotate(undefined, new Date(Date.now() + 4_000 * DAY_MS)),
  ];
  expect(refused.flatMap(({ codes }) => codes)).toEqual(["INVALID_INPUT", "INVALID_INPUT", "INVALID_INPUT"]);
});
