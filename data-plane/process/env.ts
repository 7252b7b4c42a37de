import { readEnv } from "@o2mc/runtime/env.ts";
import { z } from "zod";

const schema = z.object({
  O2MC_NATS_URL: z.string().min(1),
  O2MC_NATS_CREDS: z.string().min(1),
  O2MC_HOST: z.string().min(1).default("127.0.0.1"),
  O2MC_PORT: z.coerce.number().int().min(0).max(65535),
  O2MC_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
  O2MC_GEOIP_DB: z.string().min(1).optional(),
});

interface ProcessEnv {
  readonly nats: { readonly url: string; readonly credsFile: string };
  readonly http: { readonly host: string; readonly port: number };
  readonly logLevel: string;
  /** a MaxMind City database; without one, lookups find nothing */
  readonly geoipFile: string | undefined;
}

export function processEnv(environment: NodeJS.ProcessEnv): ProcessEnv {
  const env = readEnv(schema, environment);
  return {
    nats: { url: env.O2MC_NATS_URL, credsFile: env.O2MC_NATS_CREDS },
    http: { host: env.O2MC_HOST, port: env.O2MC_PORT },
    logLevel: env.O2MC_LOG_LEVEL,
    geoipFile: env.O2MC_GEOIP_DB,
  };
}
