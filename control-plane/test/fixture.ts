import type { Role } from "../auth/actions.ts";
import type { TestApi } from "./api.ts";

export const PURPOSES = [{ name: "analytics", legalBasis: "CONSENT", lifetimeDays: 365 }];
export const FIELDS = [{ path: "page.path", type: "STRING", purposes: ["analytics"] }];
export const DEFINITION = {
  purposes: ["analytics"],
  steps: [{ filter: { where: "event.page.path != ''" } }, { emit: { output: "pages" } }],
};

export interface Fixture {
  readonly application: string;
  readonly source: string;
  readonly key: string;
  readonly pipeline: string;
  readonly destination: string;
  readonly delivery: string;
  readonly token: string;
  readonly secret: string;
  readonly member: string;
  readonly invitation: string;
  readonly approval: string;
}

/** Makes a tenant with one of everything, by the API, each step by who may do it. */
export async function makeTenant(api: Pick<TestApi, "ask" | "issuer">, tenant: string): Promise<Fixture> {
  const as = (role: Role, sub: string = role) => api.issuer.token({ tenant, roles: [role], sub });
  const run = async (token: string, query: string, variables: object = {}): Promise<Record<string, never>> => {
    const answer = await api.ask(token, query, variables);
    if (answer.codes.length > 0 || answer.data === null) throw new Error(answer.text);
    return answer.data;
  };
  const operator = await api.issuer.token({ tenant: "platform", roles: ["operator"], sub: "operator" });
  await run(operator, `mutation ($id: ID!) { createTenant(id: $id, name: "A tenant") { id } }`, { id: tenant });
  const [developer, officer] = await Promise.all([as("developer"), as("privacy-officer")]);
  const { createApplication } = await run(
    developer,
    `mutation { createApplication(name: "Shop", slug: "shop") { id partitions } }`,
  );
  const application = createApplication?.["id"] as unknown as string;
  await run(
    officer,
    `mutation ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!) {
      publishPolicy(application: $a, purposes: $p, fields: $f) { policy { version } } }`,
    { a: application, p: PURPOSES, f: FIELDS },
  );
  const { createSource } = await run(
    developer,
    `mutation ($a: ID!, $o: [String!]!) { createSource(application: $a, name: "web", kind: WEB, consentMode: SUBJECT,
      origins: $o) { source { id } keyId writeKey } }`,
    { a: application, o: [`https://${tenant}.shop.example`] },
  );
  const created = createSource as unknown as { source: { id: string }; keyId: string };
  await run(officer, `mutation ($s: ID!) { grantSource(source: $s, purposes: ["analytics"]) { granted } }`, {
    s: created.source.id,
  });
  const { createPipeline } = await run(
    developer,
    `mutation ($a: ID!, $d: PipelineDefinitionInput!) { createPipeline(application: $a, name: "pages", definition: $d) { id } }`,
    { a: application, d: DEFINITION },
  );
  const pipeline = createPipeline?.["id"] as unknown as string;
  await run(officer, `mutation ($p: ID!) { approvePipeline(pipeline: $p) { id } }`, { p: pipeline });
  await run(developer, `mutation ($p: ID!) { publishPipeline(pipeline: $p) { publishedVersion } }`, { p: pipeline });
  const { createDestination } = await run(
    developer,
    `mutation ($o: DestinationOptionsInput!) { createDestination(name: "warehouse", options: $o) { id options } }`,
    { o: { postgres: { host: "db", database: "w", user: "u", password: "hunter2-secret", table: "pages" } } },
  );
  const destination = createDestination?.["id"] as unknown as string;
  const { createDelivery } = await run(
    developer,
    `mutation ($p: ID!, $d: ID!) { createDelivery(pipeline: $p, output: "pages", destination: $d) { id } }`,
    { p: pipeline, d: destination },
  );
  await run(officer, `mutation ($p: ID!) { approvePipeline(pipeline: $p) { id } }`, { p: pipeline });
  const { createMachineToken } = await run(
    developer,
    `mutation ($e: DateTime!) { createMachineToken(name: "bot", scopes: ["result.subscribe", "application.read"], expiresAt: $e) {
      machineToken { id } secret } }`,
    { e: new Date(Date.now() + 3_600_000) },
  );
  const machine = createMachineToken as unknown as { machineToken: { id: string }; secret: string };
  const { inviteMember } = await run(
    await as("owner"),
    `mutation { inviteMember(email: "guest@${tenant}.example", roles: [ANALYST]) { invitation { id } } }`,
  );
  const { members } = await run(await as("owner"), "{ members { edges { node { id } } } }");
  const approved = await run(officer, `query ($p: ID!) { pipeline(id: $p) { approvals { id } } }`, { p: pipeline });
  return {
    approval: (approved["pipeline"] as unknown as { approvals: { id: string }[] }).approvals[0]?.id ?? "",
    member: (members as unknown as { edges: { node: { id: string } }[] }).edges[0]?.node.id ?? "",
    invitation: (inviteMember as unknown as { invitation: { id: string } }).invitation.id,
    application,
    source: created.source.id,
    key: created.keyId,
    pipeline,
    destination,
    delivery: createDelivery?.["id"] as unknown as string,
    token: machine.machineToken.id,
    secret: machine.secret,
  };
}
