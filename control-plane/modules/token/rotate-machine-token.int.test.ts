import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type Answer, type TestApi } from "../../test/api.ts";
import { makeTenant } from "../../test/fixture.ts";
import { machineToken } from "../../test/machine-token.ts";

let api: TestApi;
let owner: string;

beforeAll(async () => {
  api = await startApi();
  await makeTenant(api, "one");
  owner = await api.issuer.token({ tenant: "one", roles: ["owner"], sub: "owner" });
});

afterAll(() => api?.stop());

const ask = async (secret: string): Promise<readonly string[]> =>
  (await api.ask(secret, "{ applications { edges { cursor } } }")).codes;

const rotate = (id: string, oldUntil?: Date, by = owner): Promise<Answer> =>
  api.ask(by, `mutation ($t: ID!, $u: DateTime) { rotateMachineToken(token: $t, oldUntil: $u) { secret } }`, {
    t: id,
    u: oldUntil ?? null,
  });

const secretOf = (answer: Answer): string => answer.get<{ secret: string }>("rotateMachineToken").secret;

test("both secrets work until the old one's time is over", async () => {
  const { id, secret: old } = await machineToken(api, "one", ["application.read"]);
  const fresh = secretOf(await rotate(id, new Date(Date.now() + 700)));
  expect([await ask(old), await ask(fresh)]).toEqual([[], []]);
  await expect.poll(() => ask(old), { timeout: 5_000 }).toEqual(["UNAUTHENTICATED"]);
  expect(await ask(fresh)).toEqual([]);
});

test("a second rotation ends the oldest secret at once, and a time that is over the one before it", async () => {
  const { id, secret: first } = await machineToken(api, "one", ["application.read"]);
  const second = secretOf(await rotate(id));
  const third = secretOf(await rotate(id));
  expect([await ask(first), await ask(second), await ask(third)]).toEqual([["UNAUTHENTICATED"], [], []]);
  const fourth = secretOf(await rotate(id, new Date(0)));
  expect([await ask(third), await ask(fourth)]).toEqual([["UNAUTHENTICATED"], []]);
});

test("revoking ends both", async () => {
  const { id, secret: old } = await machineToken(api, "one", ["application.read"]);
  const fresh = secretOf(await rotate(id));
  await api.ask(owner, `mutation ($t: ID!) { revokeMachineToken(token: $t) { id } }`, { t: id });
  expect([await ask(old), await ask(fresh)]).toEqual([["UNAUTHENTICATED"], ["UNAUTHENTICATED"]]);
  expect((await rotate(id)).codes).toEqual(["INVALID_INPUT"]);
});

test("nobody gets a secret for what they may not do, nor an overlap without end", async () => {
  const { id } = await machineToken(api, "one", ["audit.read"]);
  const developer = await api.issuer.token({ tenant: "one", roles: ["developer"], sub: "dev" });
  expect((await rotate(id, undefined, developer)).codes).toEqual(["SCOPE_NOT_ALLOWED"]);
  expect((await rotate(id, new Date(Date.now() + 40 * 24 * 3_600_000))).codes).toEqual(["INVALID_INPUT"]);
});
