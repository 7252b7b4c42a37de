import {
  jetstream,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
  type JetStreamOptions,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";

const prefixes = new WeakMap<NatsConnection, string>();

/** Remembers the prefix that JetStream's API has for this connection. */
export function useApi(nats: NatsConnection, prefix: string | undefined): NatsConnection {
  if (prefix !== undefined) prefixes.set(nats, prefix);
  return nats;
}

export const apiPrefix = (nats: NatsConnection): string => prefixes.get(nats) ?? "$JS.API";

/** The library's client, with the prefix of this connection. */
export const jetStreamOf = (nats: NatsConnection, options: JetStreamOptions = {}): JetStreamClient =>
  jetstream(nats, { ...options, apiPrefix: apiPrefix(nats) });

/** It asks nothing at first: a data-plane user may not ask for the account's state. */
export const jetStreamManagerOf = (nats: NatsConnection): Promise<JetStreamManager> =>
  jetstreamManager(nats, { apiPrefix: apiPrefix(nats), checkAPI: false });
