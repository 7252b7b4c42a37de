import type { DemoApi } from "./api.ts";
import { findByName } from "./find.ts";
import type { Journal } from "./journal.ts";

const DEV = "dev@demo.example";
const OFFICER = "officer@demo.example";

interface SourceInput {
  readonly application: string;
  readonly name: string;
  readonly kind: "WEB" | "REST";
  readonly consentMode: "SUBJECT" | "OWNER";
  readonly origins: readonly string[];
}

/** The shop's pages, and the access log; resolves with the latter's id and write key. */
export async function ensureSources(
  api: DemoApi,
  journal: Journal,
  application: string,
  shopOrigins: readonly string[],
): Promise<{ readonly source: string; readonly writeKey: string }> {
  const origins = shopOrigins.join(" ");
  const shop = { application, name: "shop", kind: "WEB", consentMode: "SUBJECT", origins: shopOrigins } as const;
  const made = await journal.once("source shop", async () => {
    const { id } = await create(api, shop);
    await grant(api, id, ["analytics"]);
    return { id, origins };
  });
  if (made.origins !== origins) {
    // the shop's port was taken and it has another one now
    await api.as(DEV, "SetSourceOrigins", { source: made.id, origins: shopOrigins });
    journal.set("source shop", { id: made.id, origins });
  }
  const log = { application, name: "access-log", kind: "REST", consentMode: "OWNER", origins: [] } as const;
  const { id, writeKey } = await journal.once("source access-log", async () => {
    const source = await create(api, log);
    await grant(api, source.id, ["operations"]);
    return source;
  });
  return { source: id, writeKey };
}

/** One that an interrupted set-up has left gets a new key: the first was shown once. */
async function create(api: DemoApi, input: SourceInput): Promise<{ readonly id: string; readonly writeKey: string }> {
  const found = await findByName(api, DEV, "sources", input.name, input.application);
  const answer =
    found === undefined
      ? await api.as(DEV, "CreateSource", input)
      : await api.as(DEV, "RotateSourceKey", { source: found.id });
  const { source, writeKey } = answer["made"] as { source: { id: string }; writeKey: string };
  return { id: source.id, writeKey };
}

async function grant(api: DemoApi, source: string, purposes: readonly string[]): Promise<void> {
  await api.as(OFFICER, "GrantSource", { source, purposes });
}
