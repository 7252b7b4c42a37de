import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream";
import { Kvm, type KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { connectWithJwt } from "@o2mc/runtime/nats.ts";
import { BUCKETS } from "@o2mc/schema/subjects.ts";
import { keyPair } from "./accounts.ts";
import { issueUser } from "./users.ts";

/** The control plane's own connection into one tenant's account, with every right there. */
export interface TenantConnection {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly deployments: KV;
  readonly destinations: KV;
  readonly consent: KV;
}

/** The user is made for this connection and known to nobody else. */
export async function connectTenant(url: string, tenant: string, accountSeed: string): Promise<TenantConnection> {
  const user = await issueUser(`control-plane@${tenant}`, keyPair(accountSeed));
  const nc = await connectWithJwt({ url, name: `control-plane/${tenant}`, ...user });
  const kvm = new Kvm(nc);
  return {
    nc,
    js: jetstream(nc),
    jsm: await jetstreamManager(nc),
    deployments: await kvm.open(BUCKETS.deployments),
    destinations: await kvm.open(BUCKETS.destinations),
    consent: await kvm.open(BUCKETS.consent),
  };
}
