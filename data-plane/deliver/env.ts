import { readEnv } from "@o2mc/runtime/env.ts";
import { OUTGOING_VARIABLES, type OutgoingSettings, outgoingSettings } from "@o2mc/runtime/outgoing/outgoing.ts";
import { z } from "zod";
import { WORKER_VARIABLES, workerEnv, type WorkerEnv } from "../config/worker-env.ts";

const schema = z.object({
  ...WORKER_VARIABLES,
  ...OUTGOING_VARIABLES,
  O2MC_RESULT_WINDOW_SECONDS: z.coerce.number().int().min(1).default(600),
});

interface DeliverEnv extends WorkerEnv {
  readonly resultWindowSeconds: number;
  readonly outgoing: OutgoingSettings;
}

export function deliverEnv(environment: NodeJS.ProcessEnv): DeliverEnv {
  const env = readEnv(schema, environment);
  return { ...workerEnv(env), resultWindowSeconds: env.O2MC_RESULT_WINDOW_SECONDS, outgoing: outgoingSettings(env) };
}
