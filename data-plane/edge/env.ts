import { z } from "zod";
import { readEnv } from "@o2mc/runtime/env.ts";

const schema = z.object({
  O2MC_NATS_URL: z.string().min(1),
  O2MC_NATS_CREDS: z.string().min(1),
  O2MC_HOST: z.string().default("127.0.0.1"),
  O2MC_PORT: z.coerce.number().int().min(0).max(65_535),
  O2MC_HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  O2MC_PUBLIC_URL: z.url().optional(),
  O2MC_MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(10 * 1024 * 1024),
  O2MC_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
});

/** The edge's settings, nested. */
export function edgeEnv() {
  const env = readEnv(schema, process.env);
  return {
    nats: { url: env.O2MC_NATS_URL, credsFile: env.O2MC_NATS_CREDS },
    http: {
      host: env.O2MC_HOST,
      port: env.O2MC_PORT,
      healthPort: env.O2MC_HEALTH_PORT,
      publicUrl: env.O2MC_PUBLIC_URL,
      bodyLimit: env.O2MC_MAX_BODY_BYTES,
    },
    logLevel: env.O2MC_LOG_LEVEL,
  };
}
