import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { readEnv } from "@o2mc/runtime/env.ts";
import { OUTGOING_VARIABLES, outgoingSettings, type OutgoingSettings } from "@o2mc/runtime/outgoing/outgoing.ts";
import { seal } from "@o2mc/runtime/sealed.ts";

const PostgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgresql:// address" });
/** beside this one, where both planes are installed together */
const REHEARSAL_PROGRAM = resolve(import.meta.dirname, "../data-plane/bin/rehearse.ts");
const File = z.string().min(1, "must be the path of a file");

const Environment = z.object({
  O2MC_HOST: z.string().min(1).default("127.0.0.1"),
  O2MC_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  O2MC_MODE: z.enum(["production", "development"]).default("production"),
  O2MC_ALLOWED_ORIGINS: z
    .string()
    .default("")
    .transform((list) =>
      list
        .split(",")
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ""),
    )
    .refine((origins) => origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin), {
      error: "must be origins like https://console.example, separated by commas",
    }),
  O2MC_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  O2MC_PERSISTED_ONLY: z
    .enum(["true", "false"])
    .default("false")
    .transform((word) => word === "true"),
  O2MC_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  O2MC_DATABASE_URL: PostgresUrl,
  O2MC_DATABASE_OWNER_URL: PostgresUrl,
  O2MC_SECRET_KEY_FILE: File.transform(keyOf),
  O2MC_OLDER_SECRET_KEY_FILES: z
    .string()
    .default("")
    .transform((list) => list.split(",").filter((path) => path !== ""))
    .pipe(z.array(File.transform(keyOf))),
  O2MC_SIGNING_KEY_FILE: File.transform(keyOf),
  O2MC_SEAL_PUBLIC_KEY: z.string().refine(isCurveKey, { error: "must be the public key of a curve key (X…)" }),
  O2MC_OIDC_ISSUER: z.url().transform((url) => url.replace(/\/$/, "")),
  O2MC_OIDC_AUDIENCE: z.string().min(1).default("o2mc-api"),
  O2MC_OIDC_CLIENTS: z
    .string()
    .default("o2mc-cli,o2mc-console")
    .transform((list) => list.split(",").filter((client) => client !== "")),
  O2MC_NATS_URL: z.string().min(1),
  O2MC_NATS_CREDS: File,
  O2MC_SYSTEM_CREDS: File,
  O2MC_OPERATOR_SEED_FILE: File,
  ...OUTGOING_VARIABLES,
  O2MC_REHEARSAL_PROGRAM: File.default(REHEARSAL_PROGRAM),
  O2MC_CREDENTIAL_SECONDS: z.coerce
    .number()
    .int()
    .min(2)
    .max(30 * 86_400)
    .default(86_400),
});

export interface Env {
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly exposure: {
    readonly development: boolean;
    readonly allowedOrigins: readonly string[];
    readonly proxies: number;
    readonly persistedOnly: boolean;
  };
  readonly database: { readonly url: string; readonly ownerUrl: string };
  readonly secretKey: Buffer;
  /** open what was sealed before the key was changed */
  readonly olderSecretKeys: readonly Buffer[];
  readonly signingKey: Buffer;
  /** deliver's public key, for which destinations are sealed in the hub */
  readonly sealFor: string;
  readonly oidc: { readonly issuer: string; readonly audience: string; readonly clients: readonly string[] };
  readonly outgoing: OutgoingSettings;
  /** path of the data plane's program that runs a pipeline over samples */
  readonly rehearsalProgram: string;
  readonly hub: {
    readonly url: string;
    readonly operatorSeedFile: string;
    readonly systemCreds: string;
    readonly platformCreds: string;
    readonly credentialSeconds: number;
  };
}

export function controlPlaneEnv(environment: NodeJS.ProcessEnv = process.env): Env {
  const env = readEnv(Environment, environment);
  return {
    host: env.O2MC_HOST,
    port: env.O2MC_PORT,
    logLevel: env.O2MC_LOG_LEVEL,
    exposure: {
      development: env.O2MC_MODE === "development",
      allowedOrigins: env.O2MC_ALLOWED_ORIGINS,
      proxies: env.O2MC_PROXIES,
      persistedOnly: env.O2MC_PERSISTED_ONLY,
    },
    database: { url: env.O2MC_DATABASE_URL, ownerUrl: env.O2MC_DATABASE_OWNER_URL },
    secretKey: env.O2MC_SECRET_KEY_FILE,
    olderSecretKeys: env.O2MC_OLDER_SECRET_KEY_FILES,
    outgoing: outgoingSettings(env),
    signingKey: env.O2MC_SIGNING_KEY_FILE,
    sealFor: env.O2MC_SEAL_PUBLIC_KEY,
    oidc: { issuer: env.O2MC_OIDC_ISSUER, audience: env.O2MC_OIDC_AUDIENCE, clients: env.O2MC_OIDC_CLIENTS },
    rehearsalProgram: env.O2MC_REHEARSAL_PROGRAM,
    hub: {
      url: env.O2MC_NATS_URL,
      operatorSeedFile: env.O2MC_OPERATOR_SEED_FILE,
      systemCreds: env.O2MC_SYSTEM_CREDS,
      platformCreds: env.O2MC_NATS_CREDS,
      credentialSeconds: env.O2MC_CREDENTIAL_SECONDS,
    },
  };
}

function isCurveKey(key: string): boolean {
  try {
    seal("", [], key);
    return true;
  } catch {
    return false;
  }
}

/** The 32 bytes that the file holds. */
function keyOf(path: string, context: z.RefinementCtx): Buffer {
  const key = readSecretKey(path);
  if (typeof key !== "string") return key;
  context.addIssue({ code: "custom", message: key });
  return z.NEVER;
}

/** The key, or the sentence that says why there is none. */
function readSecretKey(path: string): Buffer | string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch {
    return `the file ${path} cannot be read`;
  }
  return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, "hex") : `the file ${path} must hold 32 bytes in hex`;
}
