import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { buildSchema, type GraphQLSchema } from "graphql/index.js";
import { ask, graphql, subscribe, type OutputRef } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { operationText } from "../../testkit/operation-text.ts";
import { ownSource, type OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { DEFINITION, FIELDS, PURPOSES } from "./definition.ts";
import { everyRole } from "./tokens.ts";

const ID = /\b(?:app|pol|src|key|pl|plv|apr|dst|dlv|tok|mem|inv|era)_[0-9a-f]{20}\b/g;
const DAY_MS = 86_400_000;

/** The first tenant, with something of everything in it, and what must never be told to anybody else. */
export interface FirstTenant {
  /** stands in its names, its events and its secrets, and nowhere else */
  readonly mark: string;
  readonly ids: readonly string[];
  readonly source: OwnSource;
  readonly output: OutputRef;
  /** of its newest row at `output` */
  readonly cursor: string;
  readonly rowIds: readonly string[];
  /** by name of a list: where its newest page ends */
  readonly endCursors: Readonly<Record<string, string>>;
  readonly given: Readonly<
    Record<
      | "application"
      | "source"
      | "key"
      | "pipeline"
      | "destination"
      | "delivery"
      | "token"
      | "member"
      | "invitation"
      | "approval"
      | "erasure",
      string
    >
  >;
  /** secret of an invitation to it */
  readonly invitation: string;
  /** all that it can read of itself */
  everything(): Promise<string>;
}

export async function firstTenant(platform: Platform, sdl: string): Promise<FirstTenant> {
  const { endpoints } = platform;
  const { application, tenant, pipelines } = endpoints.demo;
  const pipeline = pipelines["live"] ?? "";
  const output = { application, pipeline, output: "events" };
  const mark = `mark${randomBytes(8).toString("hex")}`;
  const token = everyRole(platform, tenant);
  const source = await ownSource(endpoints, `source ${mark}`, ["analytics", "operations"]);
  const { createDestination } = await ask<{ createDestination: { id: string } }>(
    endpoints,
    token,
    `mutation ($name: String!, $options: DestinationOptionsInput!) {
      createDestination(name: $name, options: $options) { id } }`,
    { name: `files ${mark}`, options: { file: { directory: join(platform.dataDir, "..", mark), format: "JSONL" } } },
  );
  const { createDelivery } = await ask<{ createDelivery: { id: string } }>(
    endpoints,
    token,
    `mutation ($pipeline: ID!, $destination: ID!) {
      createDelivery(pipeline: $pipeline, output: "events", destination: $destination) { id } }`,
    { pipeline, destination: createDestination.id },
  );
  const { createMachineToken } = await ask<{ createMachineToken: { machineToken: { id: string } } }>(
    endpoints,
    token,
    `mutation ($name: String!, $expiresAt: DateTime!) {
      createMachineToken(name: $name, scopes: ["result.subscribe"], expiresAt: $expiresAt) { machineToken { id } } }`,
    { name: `token ${mark}`, expiresAt: new Date(Date.now() + DAY_MS) },
  );
  const { inviteMember } = await ask<{ inviteMember: { invitation: { id: string }; secret: string } }>(
    endpoints,
    token,
    `mutation ($email: String!) { inviteMember(email: $email, roles: [ANALYST]) { invitation { id } secret } }`,
    { email: `${mark}@${tenant}.example` },
  );
  const { cursor, rowIds } = await rowsOf(platform, token, output, source, mark);
  const letters = `query ($application: ID!) { deadLetters(application: $application) { row } }`;
  const dead = async (): Promise<boolean> =>
    JSON.stringify(await ask(endpoints, token, letters, { application })).includes(mark);
  await eventually(dead, true, 20_000, 0);

  const erasure = await erasureOf(platform, token, mark);

  const everything = (): Promise<string> =>
    readAll(platform, buildSchema(sdl), token, { application, pipeline, source: source.id, erasure });
  const text = await everything();
  const of = (kind: string): string => new RegExp(`\\b${kind}_[0-9a-f]{20}\\b`).exec(text)?.[0] ?? "";
  const { source: made } = await ask<{ source: { keys: readonly { id: string }[] } }>(
    endpoints,
    token,
    "query ($id: ID!) { source(id: $id) { keys { id } } }",
    source,
  );
  return {
    mark,
    ids: [...new Set([...text.matchAll(ID)].map(([id]) => id))],
    source,
    output,
    cursor,
    rowIds,
    endCursors: Object.fromEntries(
      [...text.matchAll(/"(\w+)":\{"edges":[^\n]*?"endCursor":"([^"]+)"/g)].map(([, list = "", end = ""]) => [
        list,
        end,
      ]),
    ),
    given: {
      application,
      source: source.id,
      key: made.keys[0]?.id ?? "",
      pipeline,
      destination: createDestination.id,
      delivery: createDelivery.id,
      token: createMachineToken.machineToken.id,
      member: of("mem"),
      invitation: inviteMember.invitation.id,
      approval: of("apr"),
      erasure,
    },
    invitation: inviteMember.secret,
    everything,
  };
}

/** Sends two events, of which one becomes a row and the other, far too late, a dead letter. */
async function rowsOf(
  platform: Platform,
  token: string,
  output: OutputRef,
  source: OwnSource,
  mark: string,
): Promise<{ readonly cursor: string; readonly rowIds: readonly string[] }> {
  const { endpoints } = platform;
  const rowIds: string[] = [];
  let cursor = "";
  const unsubscribe = subscribe(
    endpoints,
    token,
    output,
    (message) => {
      if (message.__typename !== "ResultRows") return;
      rowIds.push(...message.rows.filter((row) => row["page.path"] === `/${mark}`).map((row) => String(row["id"])));
      ({ cursor } = message);
    },
    (error) => {
      throw new Error(JSON.stringify(error));
    },
  );
  const event = (id: string, time: number): object => ({
    ...logHit(id),
    time: new Date(time).toISOString(),
    subject: `visitor ${mark}`,
    data: { page: { path: `/${mark}` }, request: { path: `/${mark}` } },
  });
  let sent = 0;
  const arrived = async (): Promise<boolean> => {
    // a subscriber without a cursor has what comes after it is there
    const body = JSON.stringify(event(`${mark}-${sent++}`, Date.now()));
    await postEvents(endpoints, source.id, source.writeKey, body);
    return rowIds.length > 0;
  };
  await eventually(arrived, true, 20_000, 0);
  await postEvents(
    endpoints,
    source.id,
    source.writeKey,
    JSON.stringify(event(`${mark}-late`, Date.now() - 30 * DAY_MS)),
  );
  await eventually(() => rowIds.length >= sent, true, 20_000, 0);
  await unsubscribe();
  return { cursor, rowIds };
}

/** One that is done, in an application of its own: what it tells stays as it is. */
async function erasureOf({ endpoints }: Platform, token: string, mark: string): Promise<string> {
  const { createApplication } = await ask<{ createApplication: { id: string } }>(
    endpoints,
    token,
    "mutation ($name: String!, $slug: String!) { createApplication(name: $name, slug: $slug) { id } }",
    { name: `erased ${mark}`, slug: `erased-${mark}` },
  );
  const a = createApplication.id;
  const policy = `mutation ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!) {
    publishPolicy(application: $a, purposes: $p, fields: $f) { stopped } }`;
  await ask(endpoints, token, policy, { a, p: PURPOSES, f: FIELDS });
  const { eraseSubject } = await ask<{ eraseSubject: { id: string } }>(
    endpoints,
    token,
    `mutation ($a: ID!, $s: String!) { eraseSubject(application: $a, subject: $s) { id } }`,
    { a, s: `nobody ${mark}` },
  );
  const { id } = eraseSubject;
  const query = "query ($id: ID!) { erasure(id: $id) { doneAt } }";
  const done = async (): Promise<boolean> =>
    (await ask<{ erasure: { doneAt: string | null } }>(endpoints, token, query, { id })).erasure.doneAt !== null;
  await eventually(done, true, 20_000, 0);
  return id;
}

/** As long as the API's limit on objects lets it be when everything of each is asked for. */
export const pageOf = (list: string): number => PAGES[list] ?? 200;
const PAGES: Readonly<Record<string, number>> = { applications: 50, pipelines: 50, testPipeline: 20 };

const AUDIT = new Set(["auditLog", "verifyAuditLog"]);
const READS = /^(audit|dead-letter)\.|^result\.subscribed$/;

/** The tenant's audit log but for who read what. */
async function changes({ endpoints }: Platform, token: string): Promise<string> {
  const query = "{ auditLog(first: 200) { edges { node { id at actor action target details } } } }";
  const { auditLog } = await ask<{ auditLog: { edges: readonly { node: { id: string; action: string } }[] } }>(
    endpoints,
    token,
    query,
  );
  const nodes = auditLog.edges.map(({ node }) => node).filter(({ action }) => !READS.test(action));
  // the oldest leave the page as reads push them out
  return JSON.stringify(nodes.slice(0, 20));
}

/** Every query of the schema for what the tenant has. */
async function readAll(
  platform: Platform,
  schema: GraphQLSchema,
  token: string,
  ids: { readonly application: string; readonly pipeline: string; readonly source: string; readonly erasure: string },
): Promise<string> {
  const { endpoints } = platform;
  const answers: string[] = [];
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    // the list's answers hold what `me` says of the token, and an id of its own
    const id = { application: ids.application, source: ids.source, erasure: ids.erasure }[field.name] ?? ids.pipeline;
    const given: Record<string, unknown> = {
      application: ids.application,
      first: pageOf(field.name),
      id,
      from: 1,
      to: 1,
      subject: "visitor",
      purposes: PURPOSES,
      fields: FIELDS,
      definition: DEFINITION,
    };
    const variables = Object.fromEntries(
      field.args.flatMap(({ name }) => (name in given ? [[name, given[name]]] : [])),
    );
    // to read is to add to it, what it tells of changes is looked at below; counters go on by themselves
    if (AUDIT.has(field.name) || field.name === "laneHealth") continue;
    const answer = await graphql(endpoints, token, operationText("query", field, variables), variables);
    if (answer.errors !== undefined) throw new Error(`${field.name}: ${JSON.stringify(answer.errors)}`);
    answers.push(JSON.stringify(answer.data));
  }
  answers.push(await changes(platform, token));
  return answers.join("\n");
}
