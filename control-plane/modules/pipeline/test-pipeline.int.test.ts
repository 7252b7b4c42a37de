import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../../test/api.ts";
import { DEFINITION, makeTenant, type Fixture } from "../../test/fixture.ts";

let api: TestApi;
let tenant: Fixture;

const TEST = `mutation ($a: ID!, $s: ID!, $d: PipelineDefinitionInput!, $e: [JSONObject!]!, $f: Int! = 20) {
  testPipeline(application: $a, source: $s, definition: $d, events: $e, first: $f) {
    faults { code place } samples { outcome reason } duplicates
    steps { place verb count columns { name type } rows { id cells } }
    outputs { name count columns { name } rows { cells } } deadLetters { step code message row } } }`;

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
});

afterAll(() => api?.stop());

const consent = { purposes: ["analytics"], policyVersion: 1, givenAt: "2026-01-02T03:04:05Z" };
const event = (id: string, path: string, change: object = {}) => ({
  id,
  type: "view",
  time: "2026-01-02T03:04:05Z",
  subject: "ann",
  data: { page: { path }, secret: "never declared" },
  consent,
  ...change,
});

const run = async (definition: object, events: readonly object[], change: object = {}, of = "one") =>
  api.ask(await api.issuer.token({ tenant: of, roles: ["developer"] }), TEST, {
    a: tenant.application,
    s: tenant.source,
    d: definition,
    e: events,
    ...change,
  });

interface Tested {
  readonly samples: readonly object[];
  readonly duplicates: number;
  readonly steps: readonly { readonly place: string; readonly rows: readonly { readonly cells: object }[] }[];
  readonly outputs: readonly { readonly rows: readonly { readonly cells: Record<string, unknown> }[] }[];
}

test("samples show what each step makes of them, with its place", async () => {
  const definition = {
    purposes: ["analytics"],
    steps: [
      { filter: { where: "event.page.path != '/no'" } },
      {
        branch: {
          steps: [
            { map: { set: [{ field: "n", expression: "size(event.page.path)" }] } },
            { emit: { output: "copy", fields: ["n"] } },
          ],
        },
      },
      { sessionize: { gapSeconds: 60 } },
      { emit: { output: "sessions", fields: ["session.events"] } },
    ],
  };
  const answer = await run(definition, [event("1", "/a"), event("2", "/no"), event("3", "/bc"), event("3", "/bc")]);
  expect(answer.codes).toEqual([]);
  const tested = answer.get<Tested>("testPipeline");
  expect(tested).toMatchObject({
    faults: [],
    duplicates: 1,
    steps: [
      { place: "1", verb: "filter", count: 2 },
      { place: "2", verb: "branch", count: 2 },
      { place: "2.1", verb: "map", count: 2, rows: [{ cells: { "page.path": "/a", n: 2 } }, { cells: { n: 3 } }] },
      { place: "2.2", verb: "emit", count: 2 },
      { place: "3", verb: "sessionize", count: 1, rows: [{ cells: { "session.events": 2 } }] },
      { place: "4", verb: "emit", count: 1 },
    ],
    outputs: [
      { name: "copy", count: 2, columns: [{ name: "n" }], rows: [{ cells: { n: 2 } }, { cells: { n: 3 } }] },
      { name: "sessions", count: 1, rows: [{ cells: { "session.events": 2 } }] },
    ],
    deadLetters: [],
  });
  // the gate's projection: what no purpose may see, or no step reads, is not there to be shown
  expect(answer.text).not.toContain("never declared");
});

test("the gate stands before a test too: a sample without consent gets nowhere", async () => {
  const events = [
    event("1", "/a", { consent: undefined }),
    event("2", "/a", { consent: { ...consent, policyVersion: 2 } }),
    event("3", "/a", { consent: { ...consent, purposes: ["others"] } }),
    event("4", "/a", { time: "yesterday" }),
    event("5", "/a"),
  ];
  const tested = (await run(DEFINITION, events)).get<Tested>("testPipeline");
  expect(tested.samples).toEqual([
    { outcome: "denied", reason: "no-consent" },
    { outcome: "denied", reason: "outdated-policy" },
    { outcome: "denied", reason: "unknown-purpose" },
    { outcome: "rejected", reason: "invalid-time" },
    { outcome: "admitted", reason: null },
  ]);
  expect(tested.steps[0]?.rows).toHaveLength(1);
});

test("what fails is shown as a dead letter, and no more rows than asked for", async () => {
  const definition = {
    purposes: ["analytics"],
    steps: [
      {
        parse: { field: "page.path", format: "JSON", columns: [{ as: "a", type: "STRING" }], failed: "DEAD_LETTER" },
      },
      { emit: { output: "o" } },
    ],
  };
  const events = ["{}", "no", '{"a":"x"}'].map((path, i) => event(`${i}`, path));
  const answer = await run(definition, events, { f: 1 });
  expect(answer.get("testPipeline")).toMatchObject({
    deadLetters: [{ step: "1.parse", row: { "page.path": "no" } }],
    steps: [
      { count: 2, rows: [{}] },
      { count: 2, rows: [{}] },
    ],
  });
});

test("a wrong definition is not run, and its faults are told", async () => {
  const answer = await run({ purposes: ["analytics"], steps: [{ filter: { where: "1" } }] }, [event("1", "/a")]);
  expect(answer.get("testPipeline")).toMatchObject({
    faults: [
      { code: "type-mismatch", place: "1" },
      { code: "no-emit", place: null },
    ],
    steps: [],
  });
});

test("a test does not tell the pseudonym that a subject has in this tenant, nor the same one twice", async () => {
  const officer = await api.issuer.token({ tenant: "one", roles: ["privacy-officer"] });
  await api.ask(
    officer,
    `mutation ($a: ID!) { publishPolicy(application: $a,
      purposes: [{ name: "analytics", legalBasis: CONSENT, lifetimeDays: 365 }],
      fields: [{ path: "page.path", type: STRING, purposes: ["analytics"] }]) { policy { version } } }`,
    { a: tenant.application },
  );
  const definition = {
    purposes: ["analytics"],
    steps: [{ anonymize: { field: "page.path", method: "HASH" } }, { emit: { output: "o" } }],
  };
  const sample = event("1", "/a", { consent: { ...consent, policyVersion: 2 } });
  const hash = async () =>
    (await run(definition, [sample])).get<Tested>("testPipeline").outputs[0]?.rows[0]?.cells["page.path"];
  const first = await hash();
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(await hash()).not.toBe(first);
});

test("another tenant's application and source are not there; a test is on record without its samples", async () => {
  const two = await makeTenant(api, "two");
  expect((await run(DEFINITION, [event("1", "/a")], {}, "two")).codes).toEqual(["NOT_FOUND"]);
  // an own application does not open somebody else's source
  expect((await run(DEFINITION, [event("1", "/a")], { a: two.application }, "two")).codes).toEqual(["NOT_FOUND"]);
  const owner = await api.issuer.token({ tenant: "one", roles: ["owner"] });
  await run(DEFINITION, [event("1", "/only-here")]);
  const log = await api.ask(owner, `{ auditLog(first: 50) { edges { node { action target details } } } }`);
  expect(log.text).toContain('"pipeline.tested"');
  expect(log.text).not.toContain("/only-here");
});

test.each([
  ["an analyst", ["analyst"], "FORBIDDEN"],
  ["a privacy officer", ["privacy-officer"], "FORBIDDEN"],
] as const)("%s may not test", async (_, roles, code) => {
  const token = await api.issuer.token({ tenant: "one", roles });
  const variables = { a: tenant.application, s: tenant.source, d: DEFINITION, e: [event("1", "/a")] };
  expect((await api.ask(token, TEST, variables)).codes).toEqual([code]);
});

test("of one tenant one test runs at a time", async () => {
  const answers = await Promise.all([1, 2].map(() => run(DEFINITION, [event("1", "/a")])));
  expect(answers.flatMap(({ codes }) => codes)).toEqual(["TEST_BUSY"]);
});
