import { readFileSync } from "node:fs";
import { credsAuthenticator, connect, jwtAuthenticator, type NatsConnection } from "@nats-io/transport-node";

interface ConnectOptions {
  readonly url: string;
  readonly name: string;
  readonly inboxPrefix?: string;
}

/** Connects with a creds file and goes on reconnecting for ever. */
export function connectWithCreds(options: ConnectOptions & { readonly credsFile: string }): Promise<NatsConnection> {
  return connect({ ...base(options), authenticator: credsAuthenticator(readFileSync(options.credsFile)) });
}

/** Connects as a tenant's role user; `access` comes from the role's directory bucket. */
export function connectWithJwt(
  options: ConnectOptions & { readonly jwt: string; readonly seed: string },
): Promise<NatsConnection> {
  const seed = new TextEncoder().encode(options.seed);
  return connect({ ...base(options), authenticator: jwtAuthenticator(options.jwt, seed) });
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
