import type { DestinationSpec } from "./destination-spec.ts";
import { file } from "./file.ts";
import { postgres } from "./postgres.ts";
import { webhook } from "./webhook.ts";

/** Every kind of destination. Another one is a spec here and a folder of the same name in `data-plane/deliver`. */
const SPECS = [postgres, webhook, file] as const;

export type DestinationKind = (typeof SPECS)[number]["kind"];

export const DESTINATIONS: readonly DestinationSpec<DestinationKind>[] = SPECS;

/** The spec of a kind; throws for a kind that was never registered. */
export function destinationOf(kind: string): DestinationSpec<DestinationKind> {
  const found = DESTINATIONS.find((spec) => spec.kind === kind);
  if (found === undefined) throw new Error(`no destination of kind ${kind}`);
  return found;
}
