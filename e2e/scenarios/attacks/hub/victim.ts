import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { accessToken, ask } from "../../../testkit/api.ts";
import { eventually } from "../../../testkit/eventually.ts";
import { logHit, postEvents } from "../../../testkit/ingest.ts";
import { ownSource } from "../../../testkit/own-source.ts";
import type { Platform } from "../../../testkit/platform.ts";
import type { TenantHub } from "../../../testkit/tenant-hub.ts";

export interface Victim {
  /** stands in its events, rows and secrets, and nowhere else */
  readonly mark: string;
  readonly pipeline: string;
  readonly delivery: string;
}

/** A visitor's row in the demo's live pipeline, and a destination with a delivery of it; both marked. */
export async function makeVictim(platform: Platform, hub: TenantHub): Promise<Victim> {
  const { endpoints, dataDir } = platform;
  const mark = `mark${randomBytes(8).toString("hex")}`;
  const pipeline = endpoints.demo.pipelines["live"] ?? "";
  const owner = await accessToken(endpoints, "owner@demo.example");
  const { createDestination } = await ask<{ createDestination: { id: string } }>(
    endpoints,
    owner,
    `mutation ($name: String!, $options: DestinationOptionsInput!) { createDestination(name: $name, options: $options) { id } }`,
    { name: `files of ${mark}`, options: { file: { directory: join(dataDir, "..", mark), format: "JSONL" } } },
  );
  const { createDelivery } = await ask<{ createDelivery: { id: string } }>(
    endpoints,
    owner,
    `mutation ($pipeline: ID!, $destination: ID!) {
      createDelivery(pipeline: $pipeline, output: "events", destination: $destination) { id } }`,
    { pipeline, destination: createDestination.id },
  );
  const source = await ownSource(endpoints, "robbed", ["analytics", "operations"]);
  let sent = 0;
  const stored = async (): Promise<boolean> => {
    const event = { ...logHit(`${mark}-${sent++}`), subject: `visitor ${mark}`, data: { page: { path: `/${mark}` } } };
    await postEvents(endpoints, source.id, source.writeKey, JSON.stringify(event));
    return hub.published(`out.${endpoints.demo.application}.${pipeline}.`).some(({ text }) => text.includes(mark));
  };
  await eventually(stored, true, 30_000, 0);
  return { mark, pipeline, delivery: createDelivery.id };
}
