import { resolve } from "node:path";
import { createLogger } from "@o2mc/runtime/log.ts";
import type { HubReader } from "../api/context.ts";
import { startServer, type Exposure } from "../api/server.ts";
import { authenticator } from "../auth/authenticate.ts";
import { FailedAttempts } from "@o2mc/runtime/failed-attempts.ts";
import { SignOuts } from "../auth/sign-outs.ts";
import { Signer } from "../auth/signer.ts";
import { OidcVerifier } from "../auth/oidc.ts";
import type { Orm } from "../db/orm.ts";
import { SecretBox } from "../db/secret.ts";
import { ApiError } from "../errors/api-error.ts";
import { SubscriberCount } from "../modules/result/subscriber-count.ts";
import { Rehearsals } from "../rehearsal/rehearsals.ts";
import { startDatabase, type TestDatabase } from "./database.ts";
import { startIssuer, type TestIssuer } from "./issuer.ts";

/** a program, started as such */
const REHEARSE = resolve(import.meta.dirname, "../../data-plane/bin/rehearse.ts");

export interface Answer {
  // `never` lets tests read what they asked for
  readonly data: Record<string, never> | null;
  /** one field of the data; throws the whole answer when it is not there */
  get<T>(field: string): T;
  readonly codes: readonly string[];
  readonly text: string;
}

export type Ask = (token: string | null, query: string, variables?: object) => Promise<Answer>;

export interface TestApi {
  readonly url: string;
  readonly database: TestDatabase;
  readonly issuer: TestIssuer;
  readonly ask: Ask;
  stop(): Promise<void>;
}

/** A hub that is down: what does not need it must work. */
export const noHub: HubReader = {
  openResults: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  lastDeadLetters: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  receipts: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  receiptPages: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  credentials: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  keysUsedAt: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  destinationProblem: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  testDestination: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  laneStates: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  countConsents: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  subjectData: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
  storeConsent: () => Promise.reject(new ApiError("HUB_UNAVAILABLE")),
};

interface ApiOptions {
  /** without one the hub is down */
  readonly hub?: (orm: Orm, secrets: SecretBox) => HubReader;
  readonly tokenRecheckMs?: number;
  readonly exposure?: Partial<Exposure>;
  readonly attempts?: FailedAttempts;
  /** another control plane on the database and the issuer of this one, which outlives it */
  readonly beside?: TestApi;
}

/** The API as it runs, on a database and an issuer of its own. */
export async function startApi({
  hub,
  tokenRecheckMs = 5_000,
  exposure = {},
  attempts = new FailedAttempts(),
  beside,
}: ApiOptions = {}): Promise<TestApi> {
  const [database, issuer] =
    beside === undefined ? await Promise.all([startDatabase(), startIssuer()]) : [beside.database, beside.issuer];
  const { orm } = database;
  const secrets = new SecretBox(Buffer.alloc(32, 7));
  const log = createLogger("test", "silent");
  const oidc = new OidcVerifier({ issuer: issuer.issuer, audience: "o2mc-api", clients: ["o2mc-cli", "o2mc-console"] });
  const signOuts = await SignOuts.open(orm, log, database.url);
  const server = await startServer({
    services: {
      orm,
      secrets,
      signer: new Signer(Buffer.alloc(32, 9)),
      outgoing: { allow: [], deny: [], fileRoots: ["/tmp", "/var/lib/o2mc"] },
      hub: hub?.(orm, secrets) ?? noHub,
      subscribers: new SubscriberCount(orm, log),
      rehearsals: new Rehearsals({ program: REHEARSE }),
      invitationAttempts: new FailedAttempts({ limit: 20 }),
    },
    tokenRecheckMs,
    authenticate: authenticator(orm, oidc, signOuts, attempts),
    oidc,
    signOuts,
    exposure: { development: false, allowedOrigins: [], proxies: 0, persistedOnly: false, ...exposure },
    log,
    host: "127.0.0.1",
    port: 0,
    ready: () => Promise.resolve(),
  });
  return {
    url: server.url,
    database,
    issuer,
    ask: asker(server.url),
    stop: async () => {
      await server.stop();
      await signOuts.stop();
      if (beside !== undefined) return;
      issuer.stop();
      await database.stop();
    },
  };
}

/** Sends GraphQL requests to a control plane at `url`. */
export function asker(url: string): Ask {
  return async (token, query, variables = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    const { data, errors } = JSON.parse(text) as {
      data?: Record<string, never>;
      errors?: { extensions: { code: string } }[];
    };
    const get = <T>(field: string): T => {
      const value = data?.[field];
      if (value == null) throw new Error(text);
      return value as T;
    };
    return { get, data: data ?? null, codes: (errors ?? []).map((error) => error.extensions.code), text };
  };
}
