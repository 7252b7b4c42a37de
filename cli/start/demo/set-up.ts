import type { DemoApi } from "./api.ts";
import { GraphqlError } from "./api.ts";
import { FIELDS, PIPELINES, PURPOSES, WORDINGS } from "./definitions.ts";
import { ensureDestinations, type Warehouse } from "./destinations.ts";
import { findByName } from "./find.ts";
import type { Journal } from "./journal.ts";
import { ensureSources } from "./sources.ts";

const DEV = "dev@demo.example";
const OFFICER = "officer@demo.example";
const OPERATOR = "operator@platform.example";

export interface DemoPlaces {
  readonly shopOrigins: readonly string[];
  readonly hookUrl: string;
  readonly hookSecret: string;
  readonly warehouse: Warehouse;
  readonly outFolder: string;
}

export interface Demo {
  readonly tenant: string;
  readonly application: string;
  readonly source: string;
  readonly writeKey: string;
  readonly pipelines: Readonly<Record<string, string>>;
}

type Id = { readonly id: string };

/** Makes the demo's tenants and application through the API, as its people would. Repeating it does no harm. */
export async function setUpDemo(api: DemoApi, journal: Journal, places: DemoPlaces): Promise<Demo> {
  for (const [id, name] of [
    ["demo", "Kiln & Loom (demo)"],
    ["other", "Another tenant"],
  ] as const) {
    await journal.once(`tenant ${id}`, async () => {
      await unlessThere(api.as(OPERATOR, "CreateTenant", { id, name }));
      return { id };
    });
  }
  const { id: application } = await journal.once("application shop", async () => {
    const found = await findByName(api, DEV, "applications", "Shop");
    return found ?? createApplication(api);
  });
  await journal.once("policy", async () => {
    await api.as(OFFICER, "PublishPolicy", { application, purposes: PURPOSES, fields: FIELDS, wordings: WORDINGS });
    return { application };
  });
  const pipelines: Record<string, string> = {};
  for (const name of Object.keys(PIPELINES) as (keyof typeof PIPELINES)[]) {
    pipelines[name] = (await journal.once(`pipeline ${name}`, () => publish(api, application, name))).id;
  }
  await ensureDestinations(api, journal, pipelines["log-sessions"] ?? "", places);
  // last: an edge that knows the sources knows the pipelines too, and nothing is denied for want of a lane
  const { source, writeKey } = await ensureSources(api, journal, application, places.shopOrigins);
  return { tenant: "demo", application, source, writeKey, pipelines };
}

async function createApplication(api: DemoApi): Promise<Id> {
  const application = { name: "Shop", slug: "shop", partitions: 4 };
  const { createApplication: made } = await api.as(DEV, "CreateApplication", application);
  return made as Id;
}

/** Drafted by the developer, approved by the privacy officer, published by the developer. */
async function publish(api: DemoApi, application: string, name: keyof typeof PIPELINES): Promise<Id> {
  const definition = PIPELINES[name];
  const saved = await api.as(DEV, "SavePipelineDraft", { application, name, definition });
  const { id } = saved["savePipelineDraft"] as Id;
  await api.as(OFFICER, "ApprovePipeline", { id, purposes: definition.purposes });
  await api.as(DEV, "PublishPipeline", { id });
  return { id };
}

async function unlessThere(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof GraphqlError) || error.code !== "CONFLICT") throw error;
  }
}
