import { readEnv } from "@o2mc/runtime/env.ts";
import { z } from "zod";

const schema = z
  .object({
    O2MC_HOST: z.string().default("127.0.0.1"),
    O2MC_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
    O2MC_EDGE_URL: z.url(),
    O2MC_GRAPHQL_URL: z.url(),
    O2MC_SUBSCRIPTIONS_URL: z.url(),
    O2MC_ISSUER_URL: z.url(),
    O2MC_SHOP_USER: z.string().min(1),
    O2MC_SHOP_PASSWORD: z.string().min(1),
    O2MC_HOOK_SECRET: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, "must be whsec_ and at least 24 bytes of base64"),
    O2MC_LIVE_APPLICATION: z.string().optional(),
    O2MC_LIVE_PIPELINE: z.string().optional(),
    O2MC_ENDPOINTS_FILE: z.string().optional(),
    O2MC_LOG_LEVEL: z.string().default("info"),
  })
  .transform((env) => ({
    host: env.O2MC_HOST,
    port: env.O2MC_PORT,
    edgeUrl: env.O2MC_EDGE_URL,
    graphqlUrl: env.O2MC_GRAPHQL_URL,
    subscriptionsUrl: env.O2MC_SUBSCRIPTIONS_URL,
    login: { issuerUrl: env.O2MC_ISSUER_URL, user: env.O2MC_SHOP_USER, password: env.O2MC_SHOP_PASSWORD },
    hookSecret: env.O2MC_HOOK_SECRET,
    live: {
      application: env.O2MC_LIVE_APPLICATION,
      pipeline: env.O2MC_LIVE_PIPELINE,
      endpointsFile: env.O2MC_ENDPOINTS_FILE,
    },
    logLevel: env.O2MC_LOG_LEVEL,
  }));

export type ShopSettings = z.infer<typeof schema>;

export const readSettings = (): ShopSettings => readEnv(schema, process.env);
