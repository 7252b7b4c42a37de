import { accessToken, ask } from "./api.ts";
import { eventually } from "./eventually.ts";
import { postEvents } from "./ingest.ts";
import type { Endpoints } from "./platform.ts";

export interface OwnSource {
  readonly id: string;
  readonly writeKey: string;
}

/** A new REST source of the demo's application, granted by its owner; resolves once the edge takes events for it. */
export async function ownSource(
  endpoints: Endpoints,
  name: string,
  purposes: readonly string[],
  consentMode: "OWNER" | "SUBJECT" = "OWNER",
): Promise<OwnSource> {
  const owner = await accessToken(endpoints, "owner@demo.example");
  const { createSource } = await ask<{ createSource: { source: { id: string }; writeKey: string } }>(
    endpoints,
    owner,
    `mutation ($application: ID!, $name: String!, $mode: ConsentMode!) {
      createSource(application: $application, name: $name, kind: REST, consentMode: $mode) { source { id } writeKey } }`,
    { application: endpoints.demo.application, name, mode: consentMode },
  );
  const { id } = createSource.source;
  const grant = `mutation ($source: ID!, $purposes: [String!]!) { grantSource(source: $source, purposes: $purposes) { id } }`;
  await ask(endpoints, owner, grant, { source: id, purposes });
  // a body without events: 400 once source, key and grant are known
  const status = async (): Promise<number> => (await postEvents(endpoints, id, createSource.writeKey, "[]")).status;
  await eventually(status, 400, 20_000, 0);
  return { id, writeKey: createSource.writeKey };
}
