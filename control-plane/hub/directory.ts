import { Kvm, type KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import type { TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import { directoryBucket, token, type DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { isCurrentRoleUser, issueRoleUser } from "./users.ts";

const ROLES: readonly DataPlaneRole[] = ["edge", "process", "deliver"];
const MAX_BYTES = 16 * 1024 ** 2;

/** The platform account's buckets from which the data plane learns its tenants and how to reach them. */
export class Directory {
  readonly #buckets: ReadonlyMap<DataPlaneRole, KV>;

  private constructor(buckets: ReadonlyMap<DataPlaneRole, KV>) {
    this.#buckets = buckets;
  }

  static async open(platform: NatsConnection): Promise<Directory> {
    const kvm = new Kvm(platform);
    const buckets = new Map<DataPlaneRole, KV>();
    for (const role of ROLES) {
      buckets.set(role, await kvm.create(directoryBucket(role), { history: 1, max_bytes: MAX_BYTES }));
    }
    return new Directory(buckets);
  }

  /** Every role gets a user in the tenant's account; one that is still right is left alone, so that nobody reconnects. */
  async publish(tenant: string, accountSeed: string): Promise<void> {
    for (const [role, bucket] of this.#buckets) {
      const entry = await bucket.get(token(tenant));
      const there = entry?.operation === "PUT" ? entry.json<TenantAccess>() : undefined;
      if (there !== undefined && isCurrentRoleUser(there, accountSeed, role)) continue;
      await bucket.put(token(tenant), JSON.stringify(await issueRoleUser(tenant, accountSeed, role)));
    }
  }
}
