import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../../test/api.ts";
import { FIELDS, makeTenant, PURPOSES, type Fixture } from "../../test/fixture.ts";

let api: TestApi;
let tenant: Fixture;
let officer: string;

const ARGS = "$a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!, $l: [LevelInput!]!";
const PASSED = "application: $a, purposes: $p, fields: $f, levels: $l";
const PUBLISH = `mutation (${ARGS}) { publishPolicy(${PASSED}, controller: "Kiln & Loom", jurisdiction: "EU") {
  policy { version controller jurisdiction levels { name purposes }
    purposes { name signals { gpc dnt tcf { purposes vendor } } }
    fields { path anonymized { methods purposes keep step to rotate } } } stopped } }`;
const PREVIEW = `query (${ARGS}) { policyPreview(${PASSED}) { version storedConsents
  changes { kind of name before after } pipelines { name loses problem { reason step } } } }`;

interface Preview {
  readonly version: number;
  readonly changes: readonly { readonly kind: string; readonly of: string; readonly name: string }[];
  readonly pipelines: readonly unknown[];
}

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
  officer = await api.issuer.token({ tenant: "one", roles: ["privacy-officer"], sub: "officer" });
});

afterAll(() => api?.stop());

const policy = (purposes: readonly object[], fields: readonly object[], levels: readonly object[] = []) => ({
  a: tenant.application,
  p: purposes,
  f: fields,
  l: levels,
});

const preview = async (variables: object): Promise<Preview> =>
  (await api.ask(officer, PREVIEW, variables)).get<Preview>("policyPreview");

const version = async (): Promise<unknown> => {
  const query = `query ($a: ID!) { application(id: $a) { policy { version } policyVersions { version } } }`;
  return (await api.ask(officer, query, { a: tenant.application })).get("application");
};

test("a preview says what a policy would change, and changes nothing", async () => {
  const same = await preview(policy(PURPOSES, FIELDS));
  expect(same).toEqual({ version: 2, storedConsents: null, changes: [], pipelines: [] });

  const narrower = await preview(policy([{ ...PURPOSES[0], lifetimeDays: 30 }], []));
  expect(narrower).toMatchObject({
    version: 2,
    changes: [
      { kind: "CHANGED", of: "PURPOSE", name: "analytics", before: { lifetimeDays: 365 }, after: { lifetimeDays: 30 } },
      { kind: "REMOVED", of: "FIELD", name: "page.path", after: null },
    ],
    pipelines: [{ name: "pages", loses: ["page.path"], problem: { reason: "unknown-field", step: 1 } }],
  });

  const hidden = [{ ...FIELDS[0], purposes: ["other"] }];
  const other = { name: "other", legalBasis: "CONSENT", lifetimeDays: 1 };
  expect((await preview(policy([...PURPOSES, other], hidden))).pipelines).toEqual([
    { name: "pages", loses: ["page.path"], problem: { reason: "field-not-permitted", step: 1 } },
  ]);
  expect(await version()).toEqual({ policy: { version: 1 }, policyVersions: [{ version: 1 }] });
});

test("a preview refuses what could not be published", async () => {
  const broken = policy(PURPOSES, FIELDS, [{ name: "all", purposes: ["unheard-of"] }]);
  expect((await api.ask(officer, PREVIEW, broken)).codes).toEqual(["INVALID_INPUT"]);
  expect((await api.ask(officer, PUBLISH, broken)).codes).toEqual(["INVALID_INPUT"]);
});

test("signals, levels and accepted methods are kept as they were published, and compared by version", async () => {
  const marketing = {
    name: "marketing",
    legalBasis: "CONSENT",
    lifetimeDays: 30,
    signals: { gpc: "IGNORE", dnt: "DENY", tcf: { purposes: [1, 3], vendor: 8 } },
  };
  const fields = [
    { ...FIELDS[0], anonymized: [{ methods: ["HASH", "MASK"], purposes: ["marketing"], keep: 2, rotate: "WEEK" }] },
  ];
  const levels = [
    { name: "some", purposes: ["analytics"] },
    { name: "all", purposes: ["analytics", "marketing"] },
  ];
  const answer = await api.ask(officer, PUBLISH, policy([...PURPOSES, marketing], fields, levels));
  expect(answer.get("publishPolicy")).toEqual({
    policy: {
      version: 2,
      controller: "Kiln & Loom",
      jurisdiction: "EU",
      levels,
      purposes: [
        { name: "analytics", signals: { gpc: "DENY", dnt: "DENY", tcf: null } },
        { name: "marketing", signals: marketing.signals },
      ],
      fields: [
        {
          path: "page.path",
          anonymized: [
            { methods: ["HASH", "MASK"], purposes: ["marketing"], keep: 2, step: null, to: null, rotate: "WEEK" },
          ],
        },
      ],
    },
    stopped: [],
  });
  const DIFF = `query ($a: ID!, $to: Int!) { policyDiff(application: $a, from: 1, to: $to) { kind of name } }`;
  const diff = await api.ask(officer, DIFF, { a: tenant.application, to: 2 });
  expect(diff.get("policyDiff")).toEqual([
    { kind: "ADDED", of: "PURPOSE", name: "marketing" },
    { kind: "CHANGED", of: "FIELD", name: "page.path" },
    { kind: "ADDED", of: "LEVEL", name: "some" },
    { kind: "ADDED", of: "LEVEL", name: "all" },
    { kind: "CHANGED", of: "POLICY", name: "controller" },
    { kind: "CHANGED", of: "POLICY", name: "jurisdiction" },
  ]);
  expect((await api.ask(officer, DIFF, { a: tenant.application, to: 3 })).codes).toEqual(["NOT_FOUND"]);
});
