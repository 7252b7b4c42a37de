import { ask } from "../testkit/api.ts";
import { eventually } from "../testkit/eventually.ts";
import { postEvents } from "../testkit/ingest.ts";
import { mintToken } from "../testkit/mint-token.ts";
import type { Platform } from "../testkit/platform.ts";
import type { Site } from "./steady-load.ts";

const PURPOSES = [{ name: "analytics", legalBasis: "CONSENT", lifetimeDays: 30 }];
const field = (path: string, type = "STRING") => ({ path, type, purposes: ["analytics"] });
const FIELDS = [
  ...["$subject", "page.path", "page.title", "page.referrer", "product.sku"].map((path) => field(path)),
  field("product.price", "NUMBER"),
];
const ROWS = {
  purposes: ["analytics"],
  steps: [{ emit: { output: "rows", fields: ["page.path", "product.sku", "product.price"] } }],
};

/** A tenant of the benchmark's own that takes `pageView`s and sends each on as one row. */
export interface BenchTenant {
  readonly site: Site;
  /** where the consent of one of its subjects is stored, by the same key */
  readonly consentUrl: (subject: string) => string;
}

interface BenchTenantOptions {
  readonly quotas?: { readonly eventsPerSecond: number };
  /** receivers of the rows on this machine */
  readonly webhooks?: readonly string[];
}

/** Resolves once the edge takes its events. */
export async function benchTenant(
  platform: Platform,
  tenant: string,
  { quotas, webhooks = [] }: BenchTenantOptions = {},
): Promise<BenchTenant> {
  const { endpoints } = platform;
  const token = (of: string, role: string): string =>
    mintToken(platform, { tenant: of, roles: [role], person: `the ${role}` });
  const operator = token("platform", "operator");
  const [owner, developer, officer] = (["owner", "developer", "privacy-officer"] as const).map((role) =>
    token(tenant, role),
  ) as [string, string, string];
  const made = async (by: string, query: string, variables: object): Promise<string> =>
    (await ask<{ made: { id: string } }>(endpoints, by, query, variables)).made.id;

  await made(operator, "mutation ($t: ID!, $n: String!) { made: createTenant(id: $t, name: $n) { id } }", {
    t: tenant,
    n: tenant,
  });
  if (quotas !== undefined) {
    const query = "mutation ($t: ID!, $q: TenantQuotasInput!) { made: setTenantQuotas(tenant: $t, quotas: $q) { id } }";
    await made(operator, query, { t: tenant, q: quotas });
  }
  const application = await made(
    developer,
    `mutation { made: createApplication(name: "Bench", slug: "bench") { id } }`,
    {},
  );
  await ask(
    endpoints,
    officer,
    `mutation ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!) {
      publishPolicy(application: $a, purposes: $p, fields: $f) { stopped } }`,
    { a: application, p: PURPOSES, f: FIELDS },
  );
  const pipeline = await made(
    developer,
    `mutation ($a: ID!, $d: PipelineDefinitionInput!) { made: createPipeline(application: $a, name: "rows", definition: $d) { id } }`,
    { a: application, d: ROWS },
  );
  for (const [i, url] of webhooks.entries()) {
    const destination = await made(
      developer,
      `mutation ($n: String!, $o: DestinationOptionsInput!) { made: createDestination(name: $n, options: $o) { id } }`,
      { n: `receiver ${i}`, o: { webhook: { url, secret: `whsec_${Buffer.alloc(24, i + 1).toString("base64")}` } } },
    );
    await made(
      developer,
      `mutation ($p: ID!, $d: ID!) { made: createDelivery(pipeline: $p, output: "rows", destination: $d) { id } }`,
      { p: pipeline, d: destination },
    );
  }
  await made(officer, "mutation ($p: ID!) { made: approvePipeline(pipeline: $p) { id } }", { p: pipeline });
  await made(developer, "mutation ($p: ID!) { made: publishPipeline(pipeline: $p) { id } }", { p: pipeline });
  const { createSource } = await ask<{ createSource: { source: { id: string }; writeKey: string } }>(
    endpoints,
    developer,
    `mutation ($a: ID!) { createSource(application: $a, name: "web", kind: REST, consentMode: SUBJECT) { source { id } writeKey } }`,
    { a: application },
  );
  const { writeKey } = createSource;
  const { id } = createSource.source;
  await made(owner, `mutation ($s: ID!) { made: grantSource(source: $s, purposes: ["analytics"]) { id } }`, { s: id });
  // a body without events: 400 once source, key and grant are known
  const status = async (): Promise<number> => (await postEvents(endpoints, id, writeKey, "[]")).status;
  await eventually(status, 400, 60_000, 0);
  const url = `${endpoints.edge}/v1/sources/${id}`;
  return { site: { url: `${url}/events`, writeKey }, consentUrl: (subject) => `${url}/consent/${subject}` };
}
