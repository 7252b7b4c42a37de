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

const save = `mutation ($a: ID!, $n: String!, $d: PipelineDefinitionInput!) {
  savePipelineDraft(application: $a, name: $n, definition: $d) { id } }`;
const filter = (where: string) => ({ purposes: ["analytics"], steps: [{ filter: { where } }] });

// was answered INTERNAL: "Something went wrong on our side."
test.each<[string, string, () => object]>([
  ["a NUL in a definition", save, () => ({ a: tenant.application, n: "x", d: filter("a\0") })],
  ["half a surrogate pair in a definition", save, () => ({ a: tenant.application, n: "x", d: filter("a\ud83d") })],
  ["a NUL in a name", save, () => ({ a: tenant.application, n: "x\0", d: filter("true") })],
  ["a NUL in an id", `query ($id: ID!) { pipeline(id: $id) { id } }`, () => ({ id: "pl\0" })],
])("%s is the asker's mistake", async (_what, query, variables) => {
  const token = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  expect((await api.ask(token, query, variables())).codes).toEqual(["INVALID_INPUT"]);
});

// its key would be that of the subject which has U+FFFD there: somebody else's consent, receipts and erasure
test.each([
  `mutation ($a: ID!, $s: String!) { eraseSubject(application: $a, subject: $s) { id } }`,
  `mutation ($a: ID!, $s: String!) { withdrawConsent(application: $a, subject: $s) }`,
])("half a surrogate pair is no subject: %s", async (query) => {
  const token = await api.issuer.token({ tenant: "one", roles: ["privacy-officer"], sub: "officer" });
  const { codes, text } = await api.ask(token, query, { a: tenant.application, s: "a\ud800" });
  expect([codes, text]).toEqual([["INVALID_INPUT"], expect.stringContaining("surrogate")]);
});
