import { createHash } from "node:crypto";
import type { DemoApi } from "./api.ts";
import { findByName } from "./find.ts";
import type { Journal } from "./journal.ts";

const DEV = "dev@demo.example";
const OFFICER = "officer@demo.example";

export interface Warehouse {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

interface Places {
  readonly hookUrl: string;
  readonly hookSecret: string;
  readonly warehouse: Warehouse;
  readonly outFolder: string;
}

/** PostgreSQL, webhook and file, each getting the sessions of the access log. */
export async function ensureDestinations(
  api: DemoApi,
  journal: Journal,
  pipeline: string,
  { hookUrl, hookSecret, warehouse, outFolder }: Places,
): Promise<void> {
  const kinds: Readonly<Record<string, object>> = {
    warehouse: { postgres: { ...warehouse, schema: "public", table: "log_sessions", tls: false } },
    "shop webhook": { webhook: { url: hookUrl, secret: hookSecret } },
    files: { file: { directory: outFolder, format: "JSONL", rotateSeconds: 1 } },
  };
  for (const [name, options] of Object.entries(kinds)) {
    const version = createHash("sha256").update(JSON.stringify(options)).digest("hex");
    const step = `destination ${name}`;
    const make = async () => ({ ...(await create(api, pipeline, name, options)), version });
    const made = await journal.once(step, make);
    if (made.version === version) continue;
    // a port was taken and is another one now; a destination's options can't be changed
    await api.as(DEV, "DeleteDelivery", { id: made.delivery });
    await api.as(DEV, "DeleteDestination", { id: made.id });
    journal.set(step, await make());
  }
  await approveDeliveries(api, pipeline);
}

/** The privacy officer permits what the developer has added: until then nothing is delivered. */
async function approveDeliveries(api: DemoApi, id: string): Promise<void> {
  const { pipeline } = await api.as(OFFICER, "PipelineDeliveries", { id });
  if ((pipeline as { unapprovedUse: object | null }).unapprovedUse === null) return;
  await api.as(OFFICER, "ApprovePipeline", { id });
}

async function create(
  api: DemoApi,
  pipeline: string,
  name: string,
  options: object,
): Promise<{ readonly id: string; readonly delivery: string }> {
  const id = (await findByName(api, DEV, "destinations", name))?.id ?? (await createDestination(api, name, options));
  const found = await api.as(DEV, "PipelineDeliveries", { id: pipeline });
  const { deliveries } = found["pipeline"] as { deliveries: readonly { id: string; destination: string }[] };
  const delivery = deliveries.find(({ destination }) => destination === id)?.id;
  return { id, delivery: delivery ?? (await createDelivery(api, pipeline, id)) };
}

async function createDestination(api: DemoApi, name: string, options: object): Promise<string> {
  const answer = await api.as(DEV, "CreateDestination", { name, options });
  return (answer["createDestination"] as { id: string }).id;
}

async function createDelivery(api: DemoApi, pipeline: string, destination: string): Promise<string> {
  const answer = await api.as(DEV, "CreateDelivery", { pipeline, output: "sessions", destination });
  return (answer["createDelivery"] as { id: string }).id;
}
