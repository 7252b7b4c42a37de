import { ask, type OutputRef } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { postEvents } from "../../testkit/ingest.ts";
import { mintToken } from "../../testkit/mint-token.ts";
import type { OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { DEFINITION, FIELDS, PURPOSES } from "./definition.ts";

/** Another tenant's own application, with the names that the first has, and a source that feeds its one output. */
export async function secondTenant(
  platform: Platform,
  tenant: string,
): Promise<{ readonly output: OutputRef; readonly source: OwnSource }> {
  const { endpoints } = platform;
  const as = (role: string): string => mintToken(platform, { tenant, roles: [role], person: `the ${role}` });
  const [owner, developer, officer] = [as("owner"), as("developer"), as("privacy-officer")];
  const { createApplication } = await ask<{ createApplication: { id: string } }>(
    endpoints,
    developer,
    `mutation { createApplication(name: "Shop", slug: "shop") { id } }`,
  );
  const application = createApplication.id;
  await ask(
    endpoints,
    officer,
    `mutation ($application: ID!, $purposes: [PurposeInput!]!, $fields: [FieldDeclarationInput!]!) {
      publishPolicy(application: $application, purposes: $purposes, fields: $fields) { policy { version } } }`,
    { application, purposes: PURPOSES, fields: FIELDS },
  );
  const { createPipeline } = await ask<{ createPipeline: { id: string } }>(
    endpoints,
    developer,
    `mutation ($application: ID!, $definition: PipelineDefinitionInput!) {
      createPipeline(application: $application, name: "live", definition: $definition) { id } }`,
    { application, definition: DEFINITION },
  );
  const pipeline = createPipeline.id;
  await ask(endpoints, officer, "mutation ($id: ID!) { approvePipeline(pipeline: $id) { id } }", { id: pipeline });
  await ask(endpoints, developer, "mutation ($id: ID!) { publishPipeline(pipeline: $id) { id } }", { id: pipeline });
  const { createSource } = await ask<{ createSource: { source: { id: string }; writeKey: string } }>(
    endpoints,
    developer,
    `mutation ($application: ID!) {
      createSource(application: $application, name: "access-log", kind: REST, consentMode: OWNER) { source { id } writeKey } }`,
    { application },
  );
  const source = { id: createSource.source.id, writeKey: createSource.writeKey };
  const grant = `mutation ($id: ID!) { grantSource(source: $id, purposes: ["analytics"]) { id } }`;
  await ask(endpoints, owner, grant, { id: source.id });
  const status = async (): Promise<number> => (await postEvents(endpoints, source.id, source.writeKey, "[]")).status;
  await eventually(status, 400, 20_000, 0);
  return { output: { application, pipeline, output: "events" }, source };
}
