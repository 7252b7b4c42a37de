import { readEnv } from "@o2mc/runtime/env.ts";
import { z } from "zod";

const isOrigin = (url: string): boolean => URL.canParse(url) && new URL(url).origin === url;
const NO_ORIGIN = { error: "must be an origin like http://127.0.0.1:8080" };

const schema = z
  .object({
    O2MC_HOST: z.string().default("127.0.0.1"),
    O2MC_PORT: z.coerce.number().int().min(1).max(65_535),
    O2MC_REALM_FILE: z.string().min(1),
    O2MC_CONTROL_PLANE_URL: z.string().refine(isOrigin, NO_ORIGIN),
    O2MC_CONSOLE_URL: z.string().refine(isOrigin, NO_ORIGIN),
    O2MC_LOG_LEVEL: z.string().default("info"),
  })
  .transform((env) => ({
    host: env.O2MC_HOST,
    port: env.O2MC_PORT,
    realmFile: env.O2MC_REALM_FILE,
    places: { controlPlane: env.O2MC_CONTROL_PLANE_URL, console: env.O2MC_CONSOLE_URL },
    logLevel: env.O2MC_LOG_LEVEL,
  }));

export const readSettings = (): z.infer<typeof schema> => readEnv(schema, process.env);
