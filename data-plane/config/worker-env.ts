import { z } from "zod";

/** The variables that process and deliver share. */
export const WORKER_VARIABLES = {
  O2MC_NATS_URL: z.string().min(1),
  O2MC_NATS_CREDS: z.string().min(1),
  O2MC_HOST: z.string().min(1).default("127.0.0.1"),
  O2MC_PORT: z.coerce.number().int().min(0).max(65535),
  O2MC_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
};

const schema = z.object(WORKER_VARIABLES);

export interface WorkerEnv {
  readonly nats: { readonly url: string; readonly credsFile: string };
  readonly http: { readonly host: string; readonly port: number };
  readonly logLevel: string;
}

/** The shared settings, nested. */
export function workerEnv(env: z.infer<typeof schema>): WorkerEnv {
  return {
    nats: { url: env.O2MC_NATS_URL, credsFile: env.O2MC_NATS_CREDS },
    http: { host: env.O2MC_HOST, port: env.O2MC_PORT },
    logLevel: env.O2MC_LOG_LEVEL,
  };
}
