import fc from "fast-check";
import { parse, validate } from "graphql/index.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CATALOGUE } from "../../errors/catalogue.ts";
import { startApi, type TestApi } from "../../test/api.ts";
import { makeTenant } from "../../test/fixture.ts";
import { apiSchema } from "../schema.ts";

/** Whatever is sent: an answer of the catalogue, never INTERNAL. `O2MC_FUZZ_RUNS` makes it longer than a moment. */

const RUNS = Number(process.env["O2MC_FUZZ_RUNS"] ?? 1_500);

let api: TestApi;
let token: string;

beforeAll(async () => {
  api = await startApi();
  await makeTenant(api, "one");
  token = await api.issuer.token({ tenant: "one", roles: ["owner", "developer", "privacy-officer"] });
});

afterAll(() => api?.stop());

const TEXTS = [
  "{ applications(first: 3) { edges { node { id policy { version } } } pageInfo { endCursor } } }",
  "query ($a: ID!, $b: String) { sources(application: $a, after: $b) { edges { cursor } } }",
  "mutation ($a: String!, $b: String!) { createApplication(name: $a, slug: $b) { id } }",
  "query ($a: AuditFilterInput, $b: String) { auditLog(filter: $a, after: $b) { edges { node { id } } } }",
  "mutation ($a: String!, $b: [MemberRole!]!) { inviteMember(email: $a, roles: $b) { secret } }",
  'mutation ($a: ID!, $b: PipelineDefinitionInput!) { savePipelineDraft(application: $a, name: "x", definition: $b) { id } }',
  "mutation ($a: String!, $b: DestinationOptionsInput!) { createDestination(name: $a, options: $b) { id } }",
  'mutation ($a: [String!]!, $b: DateTime!) { createMachineToken(name: "x", scopes: $a, expiresAt: $b) { secret } }',
  "mutation ($a: String!) { acceptInvitation(secret: $a) { id } }",
  "query ($a: Int!, $b: AuditHeadInput) { verifyAuditLog(after: $a, kept: $b) { intact } }",
];

/** A text with a piece cut out, doubled, or replaced. */
const broken = fc
  .record({
    text: fc.constantFrom(...TEXTS),
    at: fc.nat(120),
    length: fc.nat(12),
    insert: fc.oneof(
      fc.constant(""),
      fc.constantFrom("{", "}", "...", "@skip(if: $a)", "...A", "\0", "\ud800", '"""', "#"),
      fc.string(),
    ),
  })
  .map(({ text, at, length, insert }) => text.slice(0, at) + insert + text.slice(at + length));

const strange = fc.oneof(
  { arbitrary: fc.jsonValue(), weight: 3 },
  fc.constantFrom(
    "\0",
    "\ud800",
    "__proto__",
    "9999-99-99",
    "2026-11-24T00:00:00Z",
    1e308,
    -1,
    2 ** 53,
    "a".repeat(10_000),
  ),
  fc.array(fc.constantFrom("OWNER", "ANALYST", "application.read", "tenant.create", "")),
  fc.dictionary(
    fc.constantFrom("actor", "from", "seq", "hash", "purposes", "steps", "file", "webhook", "__proto__"),
    fc.jsonValue(),
  ),
);

const body = fc.oneof(
  {
    arbitrary: fc.record({
      query: fc.oneof({ arbitrary: fc.constantFrom(...TEXTS), weight: 3 }, broken),
      variables: fc.oneof({ arbitrary: fc.record({ a: strange, b: strange }), weight: 4 }, fc.jsonValue()),
    }),
    weight: 6,
  },
  fc.record({
    query: fc.jsonValue(),
    variables: fc.jsonValue(),
    operationName: fc.jsonValue(),
    extensions: fc.jsonValue(),
  }),
  fc.jsonValue(),
);

test("the texts that are broken are whole before", () => {
  const schema = apiSchema();
  for (const text of TEXTS) expect(validate(schema, parse(text))).toEqual([]);
});

test("any body is answered by the catalogue", async () => {
  await fc.assert(
    fc.asyncProperty(body, async (value) => {
      const response = await fetch(`${api.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify(value),
      });
      const text = await response.text();
      const { errors = [] } = JSON.parse(text) as { errors?: { extensions?: { code?: string } }[] };
      expect(response.status).toBeLessThan(500);
      for (const { extensions } of errors) {
        expect(Object.keys(CATALOGUE)).toContain(extensions?.code);
        expect(extensions?.code).not.toBe("INTERNAL");
      }
    }),
    { numRuns: RUNS },
  );
});
