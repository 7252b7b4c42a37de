import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../../test/api.ts";
import { DEFINITION, makeTenant, type Fixture } from "../../test/fixture.ts";

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

test("a step with two verbs is refused by the schema", async () => {
  const two = { purposes: ["analytics"], steps: [{ emit: { output: "x" }, drop: { fields: ["a"] } }] };
  const answer = await api.ask(await both("ann"), SAVE, { a: tenant.application, n: "two", d: two });
  expect(answer.codes).toEqual(["QUERY_INVALID"]);
});

test("a narrower policy stops what it no longer permits", async () => {
  const officer = await both("officer");
  const answer = await api.ask(
    officer,
    `mutation ($a: ID!, $p: [PurposeInput!]!) { publishPolicy(application: $a, purposes: $p, fields: []) { policy { version } stopped } }`,
    { a: tenant.application, p: [{ name: "analytics", legalBasis: "CONSENT", lifetimeDays: 30 }] },
  );
  const { policy, stopped } = answer.get<{ policy: { version: number }; stopped: string[] }>("publishPolicy");
  expect(policy.version).toBe(2);
  expect(stopped).toContain(tenant.pipeline);
});
