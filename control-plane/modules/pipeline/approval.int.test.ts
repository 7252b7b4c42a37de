import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../../test/api.ts";
import { DEFINITION, FIELDS, makeTenant, PURPOSES, type Fixture } from "../../test/fixture.ts";

let api: TestApi;
let tenant: Fixture;

const SAVE = `mutation ($a: ID!, $n: String!, $d: PipelineDefinitionInput!) {
  savePipelineDraft(application: $a, name: $n, definition: $d) { id publishedVersion draftProblem { reason step } } }`;
const APPROVE = `mutation ($p: ID!, $s: [String!]) { approvePipeline(pipeline: $p, purposes: $s) { purposes } }`;
const PUBLISH = `mutation ($p: ID!) { publishPipeline(pipeline: $p) { publishedVersion draft } }`;

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
});

afterAll(() => api?.stop());

const both = (sub: string) => api.issuer.token({ tenant: "one", roles: ["developer", "privacy-officer"], sub });

async function draft(name: string, token: string, definition: object = DEFINITION): Promise<string> {
  const { data, text } = await api.ask(token, SAVE, { a: tenant.application, n: name, d: definition });
  const id = (data?.["savePipelineDraft"] as { id?: string } | undefined)?.id;
  if (id === undefined) throw new Error(text);
  return id;
}

test("nobody approves a draft of their own, whatever their roles", async () => {
  const [ann, bob] = await Promise.all([both("ann"), both("bob")]);
  const pipeline = await draft("own", ann);
  expect((await api.ask(ann, APPROVE, { p: pipeline })).codes).toEqual(["APPROVAL_OWN_DRAFT"]);
  // nor by letting somebody else touch it last
  await draft("own", bob);
  expect((await api.ask(ann, APPROVE, { p: pipeline })).codes).toEqual(["APPROVAL_OWN_DRAFT"]);
  expect((await api.ask(await both("cleo"), APPROVE, { p: pipeline })).codes).toEqual([]);
});

test("nobody approves what their own machine token wrote", async () => {
  const dan = await both("dan");
  const made = await api.ask(
    dan,
    `mutation ($e: DateTime!) { createMachineToken(name: "x", scopes: ["pipeline.write"], expiresAt: $e) { secret } }`,
    { e: new Date(Date.now() + 60_000) },
  );
  const { secret } = made.get<{ secret: string }>("createMachineToken");
  const pipeline = await draft("by-token", secret);
  expect((await api.ask(dan, APPROVE, { p: pipeline })).codes).toEqual(["APPROVAL_OWN_DRAFT"]);
});

test("nothing is published without approval, and a pair is approved once", async () => {
  const [ann, officer] = await Promise.all([both("ann"), both("officer")]);
  const pipeline = await draft("steps", ann);
  expect((await api.ask(ann, PUBLISH, { p: pipeline })).codes).toEqual(["APPROVAL_MISSING"]);
  await api.ask(officer, APPROVE, { p: pipeline });
  const first = await api.ask(ann, PUBLISH, { p: pipeline });
  expect(first.data).toEqual({ publishPipeline: { publishedVersion: 1, draft: null } });
  expect((await api.ask(ann, PUBLISH, { p: pipeline })).codes).toEqual(["DRAFT_MISSING"]);
  await draft("steps", ann);
  const second = await api.ask(ann, PUBLISH, { p: pipeline });
  expect(second.data).toEqual({ publishPipeline: { publishedVersion: 2, draft: null } });
});

test("an approver who saw other purposes is told so", async () => {
  const pipeline = await draft("changed", await both("ann"));
  const answer = await api.ask(await both("officer"), APPROVE, { p: pipeline, s: ["marketing"] });
  expect(answer.codes).toEqual(["DRAFT_CHANGED"]);
});

test("a definition that does not pass its check is told with reason and step", async () => {
  const ann = await both("ann");
  const broken = { purposes: ["analytics"], steps: [{ drop: { fields: ["nothing"] } }, { emit: { output: "x" } }] };
  const saved = await api.ask(ann, SAVE, { a: tenant.application, n: "broken", d: broken });
  expect(saved.data?.["savePipelineDraft"]).toMatchObject({ draftProblem: { reason: "unknown-field", step: 1 } });
  const { id } = saved.get<{ id: string }>("savePipelineDraft");
  const approval = await api.ask(await both("officer"), APPROVE, { p: id });
  expect(approval.codes).toEqual(["DEFINITION_INVALID"]);
  expect(approval.text).toContain(`"step":1`);
});

const ANN = () => both("ann");
const OFFICER = () => both("officer");
const pathOf = (...fields: string[]) => ({
  purposes: ["analytics"],
  steps: [{ emit: { output: "pages", fields } }],
});
const UNAPPROVED = `query ($p: ID!) { pipeline(id: $p) { use { fingerprint } unapprovedUse {
  purposes reads discloses { output field anonymized } destinations { output destination } } } }`;
const unapproved = async (pipeline: string): Promise<unknown> =>
  (await api.ask(await OFFICER(), UNAPPROVED, { p: pipeline })).get<{ unapprovedUse: unknown }>("pipeline")
    .unapprovedUse;
const approve = async (pipeline: string) => (await api.ask(await OFFICER(), APPROVE, { p: pipeline })).codes;
const publish = async (pipeline: string) => (await api.ask(await ANN(), PUBLISH, { p: pipeline })).codes;

async function policyWithReferrer(): Promise<void> {
  const answer = await api.ask(
    await OFFICER(),
    `mutation ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!) {
      publishPolicy(application: $a, purposes: $p, fields: $f) { stopped } }`,
    {
      a: tenant.application,
      p: PURPOSES,
      f: [...FIELDS, { path: "referrer", type: "STRING", purposes: ["analytics"] }],
    },
  );
  expect(answer.codes).toEqual([]);
}

async function deliver(pipeline: string, output: string, token: string, purposes?: string[]) {
  const created = await api.ask(
    token,
    `mutation ($n: String!, $o: DestinationOptionsInput!, $p: [String!]) {
      createDestination(name: $n, options: $o, purposes: $p) { id } }`,
    { n: `d${Math.random()}`, o: { file: { directory: "/tmp/x", format: "JSONL" } }, p: purposes },
  );
  const { id } = created.get<{ id: string }>("createDestination");
  return api.ask(
    token,
    `mutation ($p: ID!, $o: String!, $d: ID!) { createDelivery(pipeline: $p, output: $o, destination: $d) { destination } }`,
    { p: pipeline, o: output, d: id },
  );
}

test("what narrows is published without a new approval, what widens is not", async () => {
  await policyWithReferrer();
  const pipeline = await draft("width", await ANN(), pathOf("page.path", "referrer"));
  expect(await approve(pipeline)).toEqual([]);
  expect(await publish(pipeline)).toEqual([]);

  await draft("width", await ANN(), pathOf("page.path"));
  expect(await unapproved(pipeline)).toBeNull();
  expect(await publish(pipeline)).toEqual([]);
  // once approved it may come back
  await draft("width", await ANN(), pathOf("referrer"));
  expect(await publish(pipeline)).toEqual([]);

  const narrow = await draft("narrow", await ANN(), pathOf("page.path"));
  expect(await approve(narrow)).toEqual([]);
  expect(await publish(narrow)).toEqual([]);
  await draft("narrow", await ANN(), pathOf("page.path", "referrer"));
  const more = { output: "pages", field: "referrer", anonymized: null };
  expect(await unapproved(narrow)).toMatchObject({ purposes: [], reads: ["referrer"], discloses: [more] });
  expect(await publish(narrow)).toEqual(["APPROVAL_MISSING"]);
  // the same field in an output of another name reaches others
  const renamed = { purposes: ["analytics"], steps: [{ emit: { output: "elsewhere", fields: ["page.path"] } }] };
  await draft("narrow", await ANN(), renamed);
  expect(await publish(narrow)).toEqual(["APPROVAL_MISSING"]);
});

test("a destination more is widening: it waits for an officer who did not add it", async () => {
  const pipeline = await draft("destined", await ANN(), pathOf("page.path"));
  expect(await approve(pipeline)).toEqual([]);
  expect(await publish(pipeline)).toEqual([]);
  const delivery = await deliver(pipeline, "pages", await both("dual"));
  expect(delivery.codes).toEqual([]);
  const { destination } = delivery.get<{ destination: string }>("createDelivery");
  expect(await unapproved(pipeline)).toMatchObject({ reads: [], destinations: [{ output: "pages", destination }] });
  expect((await api.ask(await both("dual"), APPROVE, { p: pipeline })).codes).toEqual(["APPROVAL_OWN_DRAFT"]);
  // nor who wrote the version that runs
  expect((await api.ask(await ANN(), APPROVE, { p: pipeline })).codes).toEqual(["APPROVAL_OWN_DRAFT"]);
  expect(await approve(pipeline)).toEqual([]);
  expect(await unapproved(pipeline)).toBeNull();
});

test("a developer asks, an officer sees it and decides; who asked does not", async () => {
  const ASK = `mutation ($p: ID!) { requestApproval(pipeline: $p) { id state use { reads } } }`;
  const QUEUE = `query ($a: ID!) { approvalRequests(application: $a) { id pipeline askedBy } }`;
  const queue = async () =>
    (await api.ask(await OFFICER(), QUEUE, { a: tenant.application })).get<{ pipeline: string }[]>("approvalRequests");
  const pipeline = await draft("asked", await ANN(), pathOf("page.path"));
  const bob = await both("bob");
  const asked = await api.ask(bob, ASK, { p: pipeline });
  expect(asked.get("requestApproval")).toMatchObject({ state: "ASKED", use: { reads: ["page.path"] } });
  expect(await queue()).toMatchObject([{ pipeline, askedBy: "bob" }]);
  expect((await api.ask(bob, APPROVE, { p: pipeline })).codes).toEqual(["APPROVAL_OWN_DRAFT"]);
  expect(await publish(pipeline)).toEqual(["APPROVAL_MISSING"]);
  expect(await approve(pipeline)).toEqual([]);
  expect(await queue()).toEqual([]);
  expect(await publish(pipeline)).toEqual([]);
});

test("an approver who saw another use is told so", async () => {
  const pipeline = await draft("seen", await ANN(), pathOf("page.path"));
  const seen = (await api.ask(await OFFICER(), UNAPPROVED, { p: pipeline })).get<{ use: { fingerprint: string } }>(
    "pipeline",
  ).use.fingerprint;
  await draft("seen", await ANN(), pathOf("page.path", "referrer"));
  const BLIND = `mutation ($p: ID!, $s: String!) { approvePipeline(pipeline: $p, seen: $s) { id } }`;
  expect((await api.ask(await OFFICER(), BLIND, { p: pipeline, s: seen })).codes).toEqual(["DRAFT_CHANGED"]);
  await draft("seen", await ANN(), pathOf("page.path"));
  expect((await api.ask(await OFFICER(), BLIND, { p: pipeline, s: seen })).codes).toEqual([]);
});

test("an approval that is taken back counts no more", async () => {
  const pipeline = await draft("revoked", await ANN(), pathOf("page.path"));
  const approved = await api.ask(await OFFICER(), APPROVE, { p: pipeline });
  expect(approved.codes).toEqual([]);
  const approvals = await api.ask(await OFFICER(), `query ($p: ID!) { pipeline(id: $p) { approvals { id state } } }`, {
    p: pipeline,
  });
  const [row] = approvals.get<{ approvals: { id: string }[] }>("pipeline").approvals;
  const REVOKE = `mutation ($id: ID!) { revokeApproval(approval: $id) { state } }`;
  expect((await api.ask(await OFFICER(), REVOKE, { id: row?.id })).get("revokeApproval")).toEqual({ state: "REVOKED" });
  expect(await publish(pipeline)).toEqual(["APPROVAL_MISSING"]);
});

// defect: it was stopped, since columns that it does not name are all that it may see
test("a pipeline goes on with what was approved when a policy would show it more, and needs approval to have that", async () => {
  const all = { purposes: ["analytics"], steps: [{ emit: { output: "pages" } }] };
  const pipeline = await draft("all columns", await ANN(), all);
  expect(await approve(pipeline)).toEqual([]);
  expect(await publish(pipeline)).toEqual([]);
  const fields = [...FIELDS, { path: "email", type: "STRING", purposes: ["analytics"] }];
  const answer = await api.ask(
    await OFFICER(),
    `mutation ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!) {
      publishPolicy(application: $a, purposes: $p, fields: $f) { stopped } }`,
    {
      a: tenant.application,
      p: PURPOSES,
      f: [...fields, { path: "referrer", type: "STRING", purposes: ["analytics"] }],
    },
  );
  expect(answer.get<{ stopped: string[] }>("publishPolicy").stopped).toEqual([]);
  const again = `mutation ($p: ID!) { unpublishPipeline(pipeline: $p) { id } }`;
  expect((await api.ask(await both("ann"), again, { p: pipeline })).codes).toEqual([]);
  expect(await publish(pipeline)).toEqual(["APPROVAL_MISSING"]);
});

test("a destination of other purposes gets no output that they may not see", async () => {
  const pipeline = await draft("purposes", await ANN(), pathOf("page.path"));
  const refused = await deliver(pipeline, "pages", await ANN(), ["marketing"]);
  expect(refused.codes).toEqual(["DEFINITION_INVALID"]);
  expect(refused.text).toContain("field page.path, which came in at step 1, may not be seen by it");
  expect((await deliver(pipeline, "pages", await ANN(), ["analytics"])).codes).toEqual([]);
});

test("a step with two verbs is refused by the schema", async () => {
  const two = { purposes: ["analytics"], steps: [{ emit: { output: "x" }, drop: { fields: ["a"] } }] };
  const answer = await api.ask(await both("ann"), SAVE, { a: tenant.application, n: "two", d: two });
  expect(answer.codes).toEqual(["QUERY_INVALID"]);
});

test("a narrower policy stops what it no longer permits", async () => {
  const officer = await both("officer");
  const pipeline = await draft("forbidden", await ANN(), pathOf("page.path"));
  expect(await approve(pipeline)).toEqual([]);
  expect(await publish(pipeline)).toEqual([]);
  const answer = await api.ask(
    officer,
    `mutation ($a: ID!, $p: [PurposeInput!]!) { publishPolicy(application: $a, purposes: $p, fields: []) { policy { version } stopped } }`,
    { a: tenant.application, p: [{ name: "analytics", legalBasis: "CONSENT", lifetimeDays: 30 }] },
  );
  const { policy, stopped } = answer.get<{ policy: { version: number }; stopped: string[] }>("publishPolicy");
  expect(policy.version).toBe(4);
  expect(stopped).toContain(pipeline);
});
