import { getNamedType, isLeafType, type GraphQLField } from "graphql/index.js";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiSchema } from "../api/schema.ts";
import { startApi, type TestApi } from "../test/api.ts";
import { DEFINITION, FIELDS, makeTenant, PURPOSES, type Fixture } from "../test/fixture.ts";
import { machineToken } from "../test/machine-token.ts";
import { ACTIONS, isScope, ROLES, rolesAllow, type Action } from "./actions.ts";

let api: TestApi;
let tenant: Fixture;

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
});

afterAll(() => api?.stop());

const token = (scopes: readonly string[]) => machineToken(api, "one", scopes);

/** What each operation needs; written out on purpose: a new operation is a decision. null = any valid token. */
const NEEDS: Readonly<Record<string, Action | null>> = {
  me: null,
  stepSpecs: null,
  destinationSpecs: null,
  application: "application.read",
  applications: "application.read",
  createApplication: "application.write",
  deleteApplication: "application.delete",
  source: "source.read",
  sources: "source.read",
  createSource: "source.write",
  deleteSource: "source.write",
  setSourceOrigins: "source.write",
  rotateSourceKey: "source.write",
  revokeSourceKey: "source.write",
  grantSource: "source.grant",
  revokeSource: "source.grant",
  setConsentAuthority: "source.grant",
  policyDiff: "policy.read",
  policyPreview: "policy.read",
  publishPolicy: "policy.publish",
  receipts: "receipt.read",
  verifyReceipts: "receipt.read",
  exportReceipts: "receipt.read",
  giveConsent: "consent.write",
  withdrawConsent: "consent.write",
  subjectAccess: "subject.access",
  eraseSubject: "subject.erase",
  erasure: "erasure.read",
  erasures: "erasure.read",
  pipeline: "pipeline.read",
  pipelines: "pipeline.read",
  createPipeline: "pipeline.write",
  savePipelineDraft: "pipeline.write",
  deletePipeline: "pipeline.write",
  approvalRequests: "pipeline.read",
  requestApproval: "pipeline.write",
  approvePipeline: "pipeline.approve",
  revokeApproval: "pipeline.approve",
  laneHealth: "pipeline.read",
  alerts: "pipeline.read",
  acknowledgeAlert: "pipeline.write",
  validatePipeline: "pipeline.read",
  testPipeline: "pipeline.write",
  publishPipeline: "pipeline.publish",
  unpublishPipeline: "pipeline.publish",
  destination: "destination.read",
  destinations: "destination.read",
  createDestination: "destination.write",
  deleteDestination: "destination.write",
  testDestination: "destination.write",
  createDelivery: "destination.write",
  deleteDelivery: "destination.write",
  deadLetters: "dead-letter.read",
  machineTokens: "token.read",
  createMachineToken: "token.write",
  revokeMachineToken: "token.write",
  rotateMachineToken: "token.write",
  setTenantQuotas: "tenant.quotas",
  auditLog: "audit.read",
  verifyAuditLog: "audit.read",
  hubCredentials: "credential.read",
  revokeCredentials: "credential.revoke",
  members: "member.read",
  invitations: "member.read",
  inviteMember: "member.write",
  revokeInvitation: "member.write",
  setMemberRoles: "member.write",
  disableMember: "member.write",
  enableMember: "member.write",
  acceptInvitation: null,
  createTenant: "tenant.create",
};

const VALUES: Readonly<Record<string, unknown>> = {
  name: "by-token",
  slug: "by-token",
  output: "pages",
  kind: "REST",
  consentMode: "OWNER",
  origins: [],
  fields: FIELDS,
  from: 1,
  subject: "somebody",
  events: [{}],
  to: 2,
  definition: DEFINITION,
  options: { file: { directory: "/tmp/x", format: "JSONL" } },
  scopes: ["application.read"],
  email: "somebody@one.example",
  roles: ["ANALYST"],
  role: "EDGE",
  secret: "o2mci_unknown",
  quotas: {},
  authority: false,
  expiresAt: new Date(Date.now() + 60_000).toISOString(),
};

const schema = apiSchema();
const fieldsOf = (kind: "query" | "mutation") =>
  Object.values((kind === "query" ? schema.getQueryType() : schema.getMutationType())?.getFields() ?? {}).map(
    (field) => [field.name, kind, field] as const,
  );
const operations = [...fieldsOf("query"), ...fieldsOf("mutation")];

/** Asks for nothing but the operation itself, on ids of things that are not there. */
async function codes(secret: string, kind: string, field: GraphQLField<unknown, unknown>): Promise<readonly string[]> {
  const given: Record<string, unknown> = {};
  for (const { name, type, defaultValue } of field.args) {
    if (name in VALUES) given[name] = VALUES[name];
    else if (name === "purposes") given[name] = field.name.includes("olicy") ? PURPOSES : ["analytics"];
    else if (type.toString() === "ID!") given[name] = "nothing";
    else if (type.toString().endsWith("!") && defaultValue === undefined) throw new Error(`no value for ${name}`);
  }
  const args = field.args.filter(({ name }) => name in given);
  const declared = args.map(({ name, type }) => `$${name}: ${type.toString()}`).join(", ");
  const passed = args.map(({ name }) => `${name}: $${name}`).join(", ");
  const [head, list] = args.length === 0 ? ["", ""] : [`(${declared})`, `(${passed})`];
  const below = isLeafType(getNamedType(field.type)) ? "" : "{ __typename }";
  const answer = (await api.ask(secret, `${kind} ${head} { ${field.name}${list} ${below} }`, given)).codes;
  // a secret that is none: but they may ask
  return answer.filter((code) => code !== "INVITATION_INVALID");
}

const actions = Object.keys(ACTIONS) as Action[];

test("every operation's need is written down here, and every action is needed by one", () => {
  expect(Object.keys(NEEDS).sort()).toEqual(operations.map(([name]) => name).sort());
  const needed = new Set<string>(Object.values(NEEDS).filter((action) => action !== null));
  // fields of applications, the subscription, the export: below, and in the tests of results and of the audit log
  for (const action of ["policy.read", "result.subscribe", "audit.export"]) needed.add(action);
  expect(actions.filter((action) => !needed.has(action))).toEqual([]);
});

test.each(operations)(
  "%s is done by a token with the one scope for it, and by none with all the others",
  async (name, kind, field) => {
    const action = NEEDS[name] ?? null;
    const others = await token(actions.filter((scope) => isScope(scope) && scope !== action));
    const refused = await codes(others.secret, kind, field);
    expect(refused).toEqual(action === null ? [] : ["FORBIDDEN"]);
    if (action === null || !isScope(action)) return;
    const enough = await codes((await token([action])).secret, kind, field);
    // what it asks for is not there, nor is the hub, or it is its own: but it may ask
    expect(enough.filter((code) => !["NOT_FOUND", "HUB_UNAVAILABLE"].includes(code))).toEqual([]);
  },
);

test("a scope for people only does nothing, though it stood in the database", async () => {
  const { id, secret } = await token(["application.read"]);
  const client = new Client({ connectionString: api.database.ownerUrl });
  await client.connect();
  await client.query("update machine_tokens set scopes = $1 where id = $2", [JSON.stringify(actions), id]);
  await client.end();
  for (const [name, kind, field] of operations) {
    const action = NEEDS[name] ?? null;
    if (action !== null && !isScope(action)) expect(await codes(secret, kind, field)).toEqual(["FORBIDDEN"]);
  }
});

test.each([
  ["an application's policy", "application.read", "application(id: $a) { policy { version } }"],
  ["a pipeline's deliveries", "pipeline.read", "pipeline(id: $p) { deliveries { id } }"],
])("%s needs a scope of its own", async (_, scope, selection) => {
  const { secret } = await token([scope]);
  const variables = selection.includes("$a") ? ["$a", "a", tenant.application] : ["$p", "p", tenant.pipeline];
  const [declared, name, id] = variables as [string, string, string];
  expect((await api.ask(secret, `query (${declared}: ID!) { ${selection} }`, { [name]: id })).codes).toEqual([
    "FORBIDDEN",
  ]);
});

test.each(ROLES)("a person who is %s does what the table allows the role, and nothing else", async (role) => {
  const secret = await api.issuer.token({ tenant: "one", roles: [role], sub: `${role}-of-all` });
  const refused: string[] = [];
  for (const [name, kind, field] of operations) {
    const answer = await codes(secret, kind, field);
    if (answer.includes("FORBIDDEN")) refused.push(name);
    // a second creation of one name, a hub that is not there, and the like: but they may ask
    else expect(answer.filter((code) => !["NOT_FOUND", "CONFLICT", "HUB_UNAVAILABLE"].includes(code))).toEqual([]);
  }
  const forbidden = operations
    .map(([name]) => name)
    .filter((name) => {
      const action = NEEDS[name] ?? null;
      // only the operator of the platform itself makes tenants
      return action !== null && (action.startsWith("tenant.") || !rolesAllow([role], action));
    });
  expect(refused).toEqual(forbidden);
});
