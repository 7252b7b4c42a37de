import type { DeliveryRow } from "../db/entities/delivery.ts";
import type { ErasurePartRow } from "../db/entities/erasure-part.ts";
import type { ErasureRow } from "../db/entities/erasure.ts";
import type { PolicyRow } from "../db/entities/policy.ts";
import type { TenantConnection } from "../hub/connection.ts";

/** What one part is done with. */
export interface PartContext {
  readonly erasure: ErasureRow;
  readonly part: ErasurePartRow;
  /** in force */
  readonly policy: PolicyRow;
  /** of the application */
  readonly deliveries: readonly DeliveryRow[];
  readonly connection: TenantConnection;
  /** every part but the last, the dead letters, is done: nothing puts any more there */
  readonly othersDone: boolean;
}

export interface PartOutcome {
  readonly state: "waiting" | "done";
  readonly receipt: Readonly<Record<string, unknown>>;
}

/** Does what is left to do of a part. Called again until it says that it is done, also after it threw, also by two at once. */
export type ErasePart = (context: PartContext) => Promise<PartOutcome>;
