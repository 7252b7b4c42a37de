import { isDeepStrictEqual } from "node:util";
import { decode, type User } from "@nats-io/jwt";
import type { KeyPair } from "@nats-io/nkeys";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { readKey, removeKey, writeKey } from "@o2mc/runtime/bucket.ts";
import type { TenantAccess } from "@o2mc/schema/deployment/deployment.ts";
import {
  bucketRepublish,
  bucketStream,
  bucketSubject,
  directoryBucket,
  HUB_API,
  REVOCATIONS,
  token,
  type DataPlaneRole,
} from "@o2mc/schema/subjects.ts";
import { rolePermissions } from "./grants.ts";
import { issueUser } from "./users.ts";

const ROLES: readonly DataPlaneRole[] = ["edge", "process", "deliver"];
const MAX_BYTES = 64 * 1024 ** 2;

/** Who gets into an account, and what for. */
export interface Guest {
  readonly role: DataPlaneRole;
  /** of its entry in the role's directory */
  readonly key: string;
  readonly account: KeyPair;
  readonly access: Pick<TenantAccess, "tenant" | "lane" | "messageKey">;
}

/** A user that the data plane has, without what lets anyone in. */
export interface IssuedCredential {
  readonly role: DataPlaneRole;
  readonly lane?: { readonly application: string; readonly id: string };
  /** seconds */
  readonly issued: number;
  readonly expires: number;
}

/** The platform account's buckets from which the data plane learns its tenants and lanes and how to reach them. */
export class Directory {
  readonly #platform: NatsConnection;
  readonly #validity: number;

  private constructor(platform: NatsConnection, validity: number) {
    this.#platform = platform;
    this.#validity = validity;
  }

  /** `validity` of a user in seconds; it is renewed at half time. */
  static async open(platform: NatsConnection, validity: number): Promise<Directory> {
    const kvm = new Kvm(platform);
    for (const role of ROLES) {
      const bucket = directoryBucket(role);
      await kvm.create(bucket, { history: 1, max_bytes: MAX_BYTES, republish: bucketRepublish(bucket) });
    }
    await kvm.create(REVOCATIONS, { history: 1, max_bytes: MAX_BYTES });
    return new Directory(platform, validity);
  }

  /**
   * The guest has a user that is right, not revoked and good for half the validity at least; one that is so is left
   * alone. Resolves with when it has to be renewed (ms).
   */
  async admit(guest: Guest): Promise<number> {
    const { role, key, account, access } = guest;
    const bucket = directoryBucket(role);
    const permissions = rolePermissions(role);
    const there = await readKey(this.#platform, bucket, key);
    if (there !== undefined) {
      const entry = JSON.parse(new TextDecoder().decode(there.value)) as TenantAccess;
      const { jwt, seed } = entry;
      const { iss, iat, exp = 0, nats } = decode<User>(jwt);
      const same =
        isDeepStrictEqual(entry, { ...access, api: HUB_API, jwt, seed }) &&
        iss === account.getPublicKey() &&
        JSON.stringify([nats.pub?.allow, nats.sub?.allow]) ===
          JSON.stringify([permissions.pub.allow, permissions.sub.allow]);
      const renewAt = (exp - this.#validity / 2) * 1000;
      // issued under a longer validity than now
      const tooLong = exp > Date.now() / 1000 + this.#validity + 1;
      if (same && !tooLong && iat > (await this.revokedAt(guest)) && renewAt > Date.now()) return renewAt;
    }
    const expires = Math.ceil(Date.now() / 1000) + this.#validity;
    const user = await issueUser(`${role}@${key}`, account, { permissions, expires });
    const value: TenantAccess = { ...access, api: HUB_API, ...user };
    await writeKey(this.#platform, bucket, key, JSON.stringify(value));
    return (expires - this.#validity / 2) * 1000;
  }

  /** Of all roles and lanes of one tenant. */
  async issued(tenant: string): Promise<readonly IssuedCredential[]> {
    const issued: IssuedCredential[] = [];
    for (const role of ROLES) {
      const bucket = directoryBucket(role);
      for (const key of await this.#keys(bucket, role === "process" ? `${token(tenant)}.>` : token(tenant))) {
        const there = await readKey(this.#platform, bucket, key);
        if (there === undefined) continue;
        const { jwt, lane } = JSON.parse(new TextDecoder().decode(there.value)) as TenantAccess;
        const { iat, exp = 0 } = decode<User>(jwt);
        issued.push({ role, issued: iat, expires: exp, ...(lane === undefined ? {} : { lane }) });
      }
    }
    return issued;
  }

  /** Also of those that were removed. */
  async #keys(bucket: string, filter: string): Promise<readonly string[]> {
    const manager = await jetstreamManager(this.#platform);
    const { state } = await manager.streams.info(bucketStream(bucket), {
      subjects_filter: bucketSubject(bucket, filter),
    });
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(bucketSubject(bucket, "").length));
  }

  /** Users that were issued up to then (seconds; 0 = none) are not let in any more. */
  async revokedAt({ role, key }: Pick<Guest, "role" | "key">): Promise<number> {
    const stored = await readKey(this.#platform, REVOCATIONS, `${role}.${key}`);
    return stored === undefined ? 0 : Number(new TextDecoder().decode(stored.value));
  }

  /** Notes that every user that the guest has now is revoked; the account's claims have to say so then. */
  async revoke({ role, key }: Pick<Guest, "role" | "key">): Promise<number> {
    const now = Math.floor(Date.now() / 1000);
    await writeKey(this.#platform, REVOCATIONS, `${role}.${key}`, String(now));
    return now;
  }

  /** False when there was none. */
  async remove({ role, key }: Pick<Guest, "role" | "key">): Promise<boolean> {
    const bucket = directoryBucket(role);
    if ((await readKey(this.#platform, bucket, key)) === undefined) return false;
    await removeKey(this.#platform, bucket, key);
    return true;
  }
}
