import { isNonNullType, type GraphQLField } from "graphql/index.js";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { operationText } from "../../e2e/testkit/operation-text.ts";
import { ROLES } from "../auth/actions.ts";
import { startApi, type TestApi } from "../test/api.ts";
import { DEFINITION, FIELDS, makeTenant, PURPOSES, type Fixture } from "../test/fixture.ts";
import { apiSchema } from "./schema.ts";

let api: TestApi;
let theirs: Fixture;
let foreigner: string;

beforeAll(async () => {
  api = await startApi();
  theirs = await makeTenant(api, "one");
  const operator = await api.issuer.token({ tenant: "platform", roles: ["operator"] });
  await api.ask(operator, `mutation { createTenant(id: "two", name: "Two") { id } }`);
  foreigner = await api.issuer.token({ tenant: "two", roles: ROLES, sub: "mallory" });
});

afterAll(() => api?.stop());

/** operations that take nothing of another tenant's: they must answer with the foreigner's own, which is empty */
const OWN = new Set([
  "me",
  "stepSpecs",
  "destinationSpecs",
  "applications",
  "destinations",
  "machineTokens",
  "auditLog",
  "hubCredentials",
  "verifyAuditLog",
  "members",
  "invitations",
  "inviteMember",
  "createApplication",
  "createDestination",
  "createMachineToken",
  "createTenant",
  "setTenantQuotas",
  "subjectAccess",
]);

const schema = apiSchema();
const operations = [
  ...Object.values(schema.getQueryType()?.getFields() ?? {}).map((field) => ["query", field.name, field] as const),
  ...Object.values(schema.getMutationType()?.getFields() ?? {}).map(
    (field) => ["mutation", field.name, field] as const,
  ),
];

test.each(operations)("another tenant's token on %s %s", async (kind, name, field) => {
  const before = await dump("one");
  const answer = await api.ask(foreigner, operationText(kind, field, variables(field)), variables(field));
  for (const id of Object.values(theirs)) {
    // an error may repeat the id that was asked for, and nothing else of it
    expect(JSON.stringify(answer.data)).not.toContain(id);
  }
  // the hub, its own too, is down here
  if (OWN.has(name))
    expect(answer.codes.filter((code) => !["FORBIDDEN", "HUB_UNAVAILABLE"].includes(code))).toEqual([]);
  else if (name === "acceptInvitation") expect(answer.codes).toEqual(["INVITATION_INVALID"]);
  else if (answer.codes.length > 0) expect(answer.codes).toEqual(["NOT_FOUND"]);
  else expect(answer.data).toEqual({ [name]: null });
  expect(await dump("one")).toEqual(before);
});

test.each(operations)("nobody's request for %s %s", async (kind, _name, field) => {
  expect((await api.ask(null, operationText(kind, field, variables(field)), variables(field))).codes).toEqual([
    "UNAUTHENTICATED",
  ]);
});

test.each(operations)("a token of an unknown tenant on %s %s", async (kind, name, field) => {
  const token = await api.issuer.token({ tenant: "nowhere", roles: ROLES });
  const { codes } = await api.ask(token, operationText(kind, field, variables(field)), variables(field));
  expect(codes).toEqual([["createTenant", "setTenantQuotas"].includes(name) ? "FORBIDDEN" : "TENANT_UNKNOWN"]);
});

function variables(field: GraphQLField<unknown, unknown>): Record<string, unknown> {
  const values: Record<string, unknown> = {
    ...theirs,
    id: theirs[field.name as keyof Fixture] ?? "one",
    name: "pages",
    slug: "shop",
    output: "pages",
    kind: "REST",
    consentMode: "OWNER",
    origins: [],
    purposes: field.args.some(({ type }) => type.toString().includes("PurposeInput")) ? PURPOSES : ["analytics"],
    from: 1,
    to: 2,
    subject: "somebody",
    fields: FIELDS,
    events: [{}],
    alert: "one",
    definition: DEFINITION,
    options: { file: { directory: "/tmp/x", format: "JSONL" } },
    scopes: ["application.read"],
    email: "somebody@two.example",
    roles: ["ANALYST"],
    role: "PROCESS",
    quotas: {},
    authority: false,
    tenant: "one",
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  };
  return Object.fromEntries(
    field.args.flatMap((arg) => {
      if (arg.name in values) return [[arg.name, values[arg.name]]];
      if (isNonNullType(arg.type) && arg.defaultValue === undefined) throw new Error(`no value for ${arg.name}`);
      return [];
    }),
  );
}

/** All rows of a tenant, as the database's superuser sees them. */
async function dump(tenant: string): Promise<unknown> {
  const client = new Client(api.database.ownerUrl);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "select table_name as name from information_schema.columns where column_name = 'tenant' and table_schema = 'public'",
    );
    const tables: Record<string, unknown> = {};
    for (const { name } of rows) {
      tables[name] = (await client.query(`select * from "${name}" where tenant = $1 order by 1`, [tenant])).rows;
    }
    expect(rows.length).toBeGreaterThan(10);
    return tables;
  } finally {
    await client.end();
  }
}
