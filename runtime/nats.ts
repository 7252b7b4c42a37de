import { readFileSync } from "node:fs";
import { credsAuthenticator, connect, jwtAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { useApi } from "./jetstream.ts";

interface ConnectOptions {
  readonly url: string;
  readonly name: string;
  readonly inboxPrefix?: string;
}

/** A user's JWT and seed; `api` = prefix of JetStream's API in its account, `$JS.API` unless named. */
interface Credential {
  readonly jwt: string;
  readonly seed: string;
  readonly api?: string;
}

/** Connects with a creds file and goes on reconnecting for ever. `api` as in a credential. */
export async function connectWithCreds(
  options: ConnectOptions & { readonly credsFile: string; readonly api?: string },
): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(readFileSync(options.credsFile));
  return useApi(await connect({ ...base(options), authenticator }), options.api);
}

/** Connects as a user of a tenant's account. */
export function connectWithJwt(options: ConnectOptions & Credential): Promise<NatsConnection> {
  return connectWithCredential(options, () => options);
}

/**
 * Connects with a credential that is renewed: each attempt takes the current one. The server ends a connection whose
 * credential has expired; it comes back by itself, and tries for ever while the current one is refused.
 */
export async function connectWithCredential(
  options: ConnectOptions,
  current: () => Credential,
): Promise<NatsConnection> {
  const nats = await connect({
    ...base(options),
    ignoreAuthErrorAbort: true,
    authenticator: (nonce) => {
      const { jwt, seed } = current();
      return jwtAuthenticator(jwt, new TextEncoder().encode(seed))(nonce);
    },
  });
  return useApi(nats, current().api);
}

function base(options: ConnectOptions) {
  return {
    servers: options.url,
    name: options.name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    waitOnFirstConnect: true,
    ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
  };
}
