import { consent } from "./consent.ts";
import { gate } from "./gate.ts";
import { ingest } from "./ingest.ts";
import { latency } from "./latency.ts";
import type { Benchmark } from "./measurement.ts";
import { predicate } from "./predicate.ts";
import { processing } from "./process.ts";
import { stateBytes } from "./state-bytes.ts";
import { tenantsFlat } from "./tenants-flat.ts";
import { tenantsLimit } from "./tenants-limit.ts";
import { withdrawal } from "./withdrawal.ts";

export const benchmarks: readonly Benchmark[] = [
  ingest,
  gate,
  processing,
  stateBytes,
  predicate,
  latency,
  withdrawal,
  tenantsLimit,
  tenantsFlat,
  consent,
];
