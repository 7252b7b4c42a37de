import type { DestinationKind } from "./destination.ts";
import { fileKind } from "./file/factory.ts";
import { postgresKind } from "./postgres/factory.ts";
import { webhookKind } from "./webhook/factory.ts";

/** Every kind that deliver knows. */
export const DESTINATIONS: readonly DestinationKind[] = [postgresKind, webhookKind, fileKind];
