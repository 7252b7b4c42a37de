import { isAbsolute } from "node:path";
import { z } from "zod";
import { type AddressSettings, AddressRule, isOpenable } from "./address-rule.ts";
import { Connector } from "./connector.ts";
import { FolderRule } from "./folder-rule.ts";
import { type NetworkRange, parseNetworkRange } from "./network-range.ts";

/** The ways out of the platform that a tenant's configuration may use. */
export interface Outgoing {
  readonly connector: Connector;
  readonly folders: FolderRule;
}

const list = z
  .string()
  .default("")
  .transform((text) => text.split(",").map((entry) => entry.trim()))
  .transform((entries) => entries.filter((entry) => entry !== ""));

const networks = list.transform((entries, context): NetworkRange[] =>
  entries.flatMap((entry) => {
    const range = parseNetworkRange(entry);
    if (range === undefined) context.addIssue(`${entry} is no network like 10.0.0.0/8 or 127.0.0.1/32:8080`);
    return range ?? [];
  }),
);

/** The operator's settings, the same for every process that goes out or checks where somebody wants to go. */
export const OUTGOING_VARIABLES = {
  O2MC_ALLOW_PRIVATE_NETWORKS: networks.refine((ranges) => ranges.every(isOpenable), {
    error: "must be private networks, loopback or unique local addresses",
  }),
  O2MC_DENY_NETWORKS: networks,
  O2MC_FILE_ROOTS: list.refine((roots) => roots.every(isAbsolute), {
    error: "must be absolute paths, separated by commas",
  }),
};

const schema = z.object(OUTGOING_VARIABLES);

export interface OutgoingSettings extends AddressSettings {
  /** `{tenant}` in a root stands for the tenant's id */
  readonly fileRoots: readonly string[];
}

export const outgoingSettings = (env: z.infer<typeof schema>): OutgoingSettings => ({
  allow: env.O2MC_ALLOW_PRIVATE_NETWORKS,
  deny: env.O2MC_DENY_NETWORKS,
  fileRoots: env.O2MC_FILE_ROOTS,
});

export function outgoingOf(settings: OutgoingSettings, tenant: string): Outgoing {
  const roots = settings.fileRoots.map((root) => root.replaceAll("{tenant}", tenant));
  return { connector: new Connector(new AddressRule(settings)), folders: new FolderRule(roots) };
}
