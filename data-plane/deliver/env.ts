import { readFileSync } from "node:fs";
import { readEnv } from "@o2mc/runtime/env.ts";
import { OUTGOING_VARIABLES, type OutgoingSettings, outgoingSettings } from "@o2mc/runtime/outgoing/outgoing.ts";
import { SealedReader } from "@o2mc/runtime/sealed.ts";
import { z } from "zod";
import { WORKER_VARIABLES, workerEnv, type WorkerEnv } from "../config/worker-env.ts";

const schema = z.object({
  ...WORKER_VARIABLES,
  ...OUTGOING_VARIABLES,
  O2MC_SEAL_SEED_FILES: z
    .string()
    .min(1)
    .transform((list) => list.split(",").filter((path) => path !== ""))
    .pipe(z.array(z.string().transform(seedOf)).min(1)),
  O2MC_RESULT_WINDOW_SECONDS: z.coerce.number().int().min(1).default(600),
});

interface DeliverEnv extends WorkerEnv {
  readonly resultWindowSeconds: number;
  readonly outgoing: OutgoingSettings;
  /** what is sealed for any of these key pairs can be opened */
  readonly sealed: SealedReader;
}

export function deliverEnv(environment: NodeJS.ProcessEnv): DeliverEnv {
  const env = readEnv(schema, environment);
  return {
    ...workerEnv(env),
    resultWindowSeconds: env.O2MC_RESULT_WINDOW_SECONDS,
    outgoing: outgoingSettings(env),
    sealed: new SealedReader(env.O2MC_SEAL_SEED_FILES),
  };
}

/** The seed that the file holds; no message quotes it. */
function seedOf(path: string, context: z.RefinementCtx): string {
  try {
    const seed = readFileSync(path, "utf8").trim();
    // throws for what is none
    void new SealedReader([seed]);
    return seed;
  } catch {
    context.addIssue({ code: "custom", message: `the file ${path} must hold the seed of a curve key (SX…)` });
    return z.NEVER;
  }
}
