import { logIn, ApiFailure, type Api } from "./api.ts";
import { PIPELINES, POLICY } from "./definitions.ts";

interface Person {
  readonly email: string;
  readonly password: string;
}

export interface DemoInput {
  readonly graphql: string;
  readonly issuer: string;
  readonly people: {
    readonly operator: Person;
    readonly owner: Person;
    readonly developer: Person;
    readonly officer: Person;
  };
  readonly shopOrigin: string;
  readonly warehouse: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly password: string;
  };
  readonly hook: { readonly url: string; readonly secret: string };
  readonly outFolder: string;
  /** what an earlier start made: its write key is shown by the API only once */
  readonly earlier?: Demo | undefined;
}

/** What scripts need to know of the demo; kept in `endpoints.json`. */
export interface Demo {
  readonly tenant: string;
  readonly application: string;
  readonly source: string;
  readonly writeKey: string;
  readonly pipelines: Readonly<Record<string, string>>;
}

const TENANT = "demo";

/**
 * Makes the demo through the API only, each step by the person whose task it is: the operator makes the tenants, the
 * developer asks, the privacy officer permits. A second call finds what is there and makes what is missing.
 */
export async function setUpDemo(input: DemoInput): Promise<Demo> {
  const as = (person: Person): Promise<Api> => logIn(input.graphql, input.issuer, person);
  const [operator, owner, developer, officer] = await Promise.all([
    as(input.people.operator),
    as(input.people.owner),
    as(input.people.developer),
    as(input.people.officer),
  ]);
  await makeTenant(operator, TENANT, "Demo");
  await makeTenant(operator, "other", "Another tenant");
  const application = await makeApplication(owner);
  const { application: found } = await officer.call<{ application: { policy: object | null } }>(
    "query ($id: ID!) { application(id: $id) { policy { version } } }",
    { id: application },
  );
  if (found.policy === null) await publishPolicy(officer, application);
  await makeShopSource(developer, application, input.shopOrigin);
  const { source, writeKey } = await makeLogSource(developer, owner, application, input.earlier);
  const pipelines: Record<string, string> = {};
  for (const [name, definition] of Object.entries(PIPELINES)) {
    pipelines[name] = await makePipeline(developer, officer, application, name, definition);
  }
  const logSessions = pipelines["log-sessions"] ?? "";
  await makeDeliveries(developer, logSessions, input);
  return { tenant: TENANT, application, source, writeKey, pipelines };
}

async function makeTenant(operator: Api, id: string, name: string): Promise<void> {
  try {
    await operator.call("mutation ($id: ID!, $name: String!) { createTenant(id: $id, name: $name) { id } }", {
      id,
      name,
    });
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== "CONFLICT") throw error;
  }
}

interface Named {
  readonly id: string;
  readonly name: string;
}

async function list<T extends Named>(api: Api, query: string, variables: object = {}): Promise<readonly T[]> {
  const { list: found } = await api.call<{ list: { edges: readonly { node: T }[] } }>(query, variables);
  return found.edges.map(({ node }) => node);
}

async function makeApplication(owner: Api): Promise<string> {
  const [existing] = await list(owner, "{ list: applications { edges { node { id name } } } }");
  if (existing !== undefined) return existing.id;
  const { createApplication } = await owner.call<{ createApplication: Named }>(
    'mutation { createApplication(name: "Shop", slug: "shop") { id name } }',
  );
  return createApplication.id;
}

async function publishPolicy(officer: Api, application: string): Promise<void> {
  await officer.call(
    `mutation ($a: ID!, $f: [FieldDeclarationInput!]!, $p: [PurposeInput!]!) {
      publishPolicy(application: $a, fields: $f, purposes: $p) { policy { version } } }`,
    { a: application, f: POLICY.fields, p: POLICY.purposes },
  );
}

const SOURCES =
  "query ($a: ID!) { list: sources(application: $a) { edges { node { id name granted origins keys { id } } } } }";
const CREATE_SOURCE = `mutation ($a: ID!, $n: String!, $k: SourceKind!, $c: ConsentMode!, $o: [String!]!) {
  createSource(application: $a, name: $n, kind: $k, consentMode: $c, origins: $o) { source { id } writeKey } }`;

interface CreatedSource {
  readonly createSource: { readonly source: { readonly id: string }; readonly writeKey: string };
}
interface ExistingSource extends Named {
  readonly granted: boolean;
  readonly origins: readonly string[];
}

async function makeShopSource(developer: Api, application: string, origin: string): Promise<void> {
  const sources = await list<ExistingSource>(developer, SOURCES, { a: application });
  // another port, after it was taken, is another origin
  if (sources.some(({ origins }) => origins.includes(origin))) return;
  await developer.call<CreatedSource>(CREATE_SOURCE, {
    a: application,
    n: sources.some(({ name }) => name === "shop") ? `shop ${new URL(origin).port}` : "shop",
    k: "WEB",
    c: "SUBJECT",
    o: [origin],
  });
}

async function makeLogSource(
  developer: Api,
  owner: Api,
  application: string,
  earlier: Demo | undefined,
): Promise<{ source: string; writeKey: string }> {
  const sources = await list<ExistingSource>(developer, SOURCES, { a: application });
  const existing = sources.find(({ name }) => name === "access-log");
  if (existing !== undefined) {
    if (earlier?.source === existing.id) return { source: existing.id, writeKey: earlier.writeKey };
    const { rotateSourceKey } = await developer.call<{ rotateSourceKey: { writeKey: string } }>(
      "mutation ($s: ID!) { rotateSourceKey(source: $s) { writeKey } }",
      { s: existing.id },
    );
    return { source: existing.id, writeKey: rotateSourceKey.writeKey };
  }
  const { createSource } = await developer.call<CreatedSource>(CREATE_SOURCE, {
    a: application,
    n: "access-log",
    k: "REST",
    c: "OWNER",
    o: [],
  });
  const source = createSource.source.id;
  await owner.call('mutation ($s: ID!) { grantSource(source: $s, purposes: ["operations"]) { id } }', { s: source });
  return { source, writeKey: createSource.writeKey };
}

async function makePipeline(
  developer: Api,
  officer: Api,
  application: string,
  name: string,
  definition: object,
): Promise<string> {
  interface Existing extends Named {
    readonly publishedVersion: number | null;
    readonly approvedPurposes: readonly unknown[];
  }
  const pipelines = await list<Existing>(
    developer,
    "query ($a: ID!) { list: pipelines(application: $a) { edges { node { id name publishedVersion approvedPurposes } } } }",
    { a: application },
  );
  const existing = pipelines.find((pipeline) => pipeline.name === name);
  if (existing?.publishedVersion != null) return existing.id;
  const id =
    existing?.id ??
    (
      await developer.call<{ createPipeline: Named }>(
        `mutation ($a: ID!, $n: String!, $d: PipelineDefinitionInput!) {
          createPipeline(application: $a, name: $n, definition: $d) { id } }`,
        { a: application, n: name, d: definition },
      )
    ).createPipeline.id;
  if ((existing?.approvedPurposes ?? []).length === 0) {
    await officer.call("mutation ($p: ID!) { approvePipeline(pipeline: $p) { id } }", { p: id });
  }
  await developer.call("mutation ($p: ID!) { publishPipeline(pipeline: $p) { id } }", { p: id });
  return id;
}

async function makeDeliveries(developer: Api, pipeline: string, input: DemoInput): Promise<void> {
  const wanted: Readonly<Record<string, object>> = {
    warehouse: { postgres: { ...input.warehouse, schema: "public", table: "log_sessions", tls: false } },
    "shop hook": { webhook: { url: input.hook.url, secret: input.hook.secret } },
    "JSON lines": { file: { directory: input.outFolder, format: "JSONL", rotateSeconds: 1 } },
  };
  const destinations = await list(developer, "{ list: destinations { edges { node { id name } } } }");
  const { pipeline: found } = await developer.call<{ pipeline: { deliveries: readonly { destination: string }[] } }>(
    "query ($p: ID!) { pipeline(id: $p) { deliveries { destination } } }",
    { p: pipeline },
  );
  for (const [name, options] of Object.entries(wanted)) {
    const destination =
      destinations.find((each) => each.name === name)?.id ??
      (
        await developer.call<{ createDestination: Named }>(
          "mutation ($n: String!, $o: DestinationOptionsInput!) { createDestination(name: $n, options: $o) { id } }",
          { n: name, o: options },
        )
      ).createDestination.id;
    if (found.deliveries.some((delivery) => delivery.destination === destination)) continue;
    await developer.call(
      `mutation ($d: ID!, $p: ID!) { createDelivery(destination: $d, output: "sessions", pipeline: $p) { id } }`,
      { d: destination, p: pipeline },
    );
  }
}
