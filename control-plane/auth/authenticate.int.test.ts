import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../test/api.ts";
import { makeTenant, type Fixture } from "../test/fixture.ts";

let api: TestApi;
let tenant: Fixture;

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
});

afterAll(() => api?.stop());

const ME = `{ me { id roles actions tenant { id } } }`;

test("a person is known by an access token", async () => {
  const token = await api.issuer.token({ tenant: "one", roles: ["analyst"], sub: "ann" });
  expect((await api.ask(token, ME)).data?.["me"]).toMatchObject({
    id: "ann",
    roles: ["analyst"],
    tenant: { id: "one" },
  });
});

test("the operator of the platform has no tenant", async () => {
  const token = await api.issuer.token({ tenant: "platform", roles: ["operator"] });
  expect((await api.ask(token, ME)).data?.["me"]).toMatchObject({
    actions: ["tenant.create", "tenant.quotas"],
    tenant: null,
  });
});

test.each([
  ["of another audience", { audience: "account" }],
  ["that is an ID token", { typ: "ID" }],
  ["that has expired", { expiresIn: -60 }],
])("a token %s is refused", async (_, options) => {
  const token = await api.issuer.token({ tenant: "one", roles: ["owner"], ...options });
  expect((await api.ask(token, ME)).codes).toEqual(["UNAUTHENTICATED"]);
});

test("a token that another key signed is refused", async () => {
  const token = await api.issuer.token({ tenant: "one", roles: ["owner"] });
  const forged = `${token.slice(0, -8)}AAAAAAAA`;
  expect((await api.ask(forged, ME)).codes).toEqual(["UNAUTHENTICATED"]);
});

test("a machine token does its scopes until it is revoked", async () => {
  const list = `{ applications { edges { node { id } } } }`;
  expect((await api.ask(tenant.secret, list)).codes).toEqual([]);
  expect((await api.ask(tenant.secret, `{ machineTokens { edges { node { id } } } }`)).codes).toEqual(["FORBIDDEN"]);
  const developer = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  await api.ask(developer, `mutation ($t: ID!) { revokeMachineToken(token: $t) { revokedAt } }`, { t: tenant.token });
  expect((await api.ask(tenant.secret, list)).codes).toEqual(["UNAUTHENTICATED"]);
});

test.each([["tenant.create"], ["policy.publish"], ["source.grant"], ["audit.read"], ["no.such"]])(
  "a developer's machine token cannot have the scope %s",
  async (scope) => {
    const developer = await api.issuer.token({ tenant: "one", roles: ["developer"] });
    const answer = await api.ask(
      developer,
      `mutation ($s: [String!]!, $e: DateTime!) { createMachineToken(name: "x", scopes: $s, expiresAt: $e) { secret } }`,
      { s: [scope], e: new Date(Date.now() + 60_000) },
    );
    expect(answer.codes).toEqual(["SCOPE_NOT_ALLOWED"]);
  },
);

test("pages follow their cursors, and a foreign cursor is refused", async () => {
  const developer = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  for (const slug of ["a", "b", "c"]) {
    await api.ask(developer, `mutation ($s: String!) { createApplication(name: $s, slug: $s) { id } }`, { s: slug });
  }
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const { data } = await api.ask(
      developer,
      `query ($a: String) { applications(first: 2, after: $a) { edges { node { slug } } pageInfo { hasNextPage endCursor } } }`,
      { a: after },
    );
    const page = data?.["applications"] as unknown as {
      edges: { node: { slug: string } }[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    };
    seen.push(...page.edges.map((edge) => edge.node.slug));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  expect(seen).toEqual(["shop", "a", "b", "c"]);
  expect((await api.ask(developer, `{ applications(after: "x") { edges { cursor } } }`)).codes).toEqual([
    "INVALID_CURSOR",
  ]);
  expect((await api.ask(developer, `{ applications(first: 1000) { edges { cursor } } }`)).codes).toEqual([
    "INVALID_INPUT",
  ]);
});
