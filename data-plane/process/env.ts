import { readEnv } from "@o2mc/runtime/env.ts";
import { z } from "zod";
import { WORKER_VARIABLES, workerEnv, type WorkerEnv } from "../config/worker-env.ts";

const schema = z.object({ ...WORKER_VARIABLES, O2MC_GEOIP_DB: z.string().min(1).optional() });

interface ProcessEnv extends WorkerEnv {
  /** a MaxMind City database; without one, lookups find nothing */
  readonly geoipFile: string | undefined;
}

export function processEnv(environment: NodeJS.ProcessEnv): ProcessEnv {
  const env = readEnv(schema, environment);
  return { ...workerEnv(env), geoipFile: env.O2MC_GEOIP_DB };
}
