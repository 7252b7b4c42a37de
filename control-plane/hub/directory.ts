import { isDeepStrictEqual } from "node:util";
import { decode, parseCreds, type User } from "@nats-io/jwt";
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
  DIRECTORY_USER,
  directoryBucket,
  HUB_API,
  REVOCATIONS,
  token,
  type DataPlaneRole,
} from "@o2mc/schema/subjects.ts";
import { rolePermissions } from "./grants.ts";
import { issueUser } from "./users.ts";
import { directoryCreds, servesTenant, userKey, type Worker } from "./worker.ts";

const MAX_BYTES = 64 * 1024 ** 2;

/** from before workers were enrolled: all of a role shared one, and its users had no end */
const SHARED_DIRECTORIES = ["directory-edge", "directory-process", "directory-deliver"];

/** Who gets into an account, and what for. */
export interface Guest {
  readonly role: DataPlaneRole;
  /** of its entry in the directories */
  readonly key: string;
  readonly account: KeyPair;
  readonly access: Pick<TenantAccess, "tenant" | "lane" | "messageKey">;
}

/** A user that the data plane has, without what lets anyone in. */
export interface IssuedCredential {
  readonly role: DataPlaneRole;
  readonly worker: string;
  readonly lane?: { readonly application: string; readonly id: string };
  /** seconds */
  readonly issued: number;
  readonly expires: number;
}

/** The platform account's buckets, one a worker, from which it learns its tenants and lanes and how to reach them. */
export class Directory {
  readonly #platform: NatsConnection;
  readonly #validity: number;
  readonly #directoryValidity: number | undefined;

  private constructor(platform: NatsConnection, validity: number, directoryValidity: number | undefined) {
    this.#platform = platform;
    this.#validity = validity;
    this.#directoryValidity = directoryValidity;
  }

  /** `validity` of a user in seconds, and of one that reads a directory; they are renewed at half time. */
  static async open(platform: NatsConnection, validity: number, directoryValidity?: number): Promise<Directory> {
    await new Kvm(platform).create(REVOCATIONS, { history: 1, max_bytes: MAX_BYTES });
    const directory = new Directory(platform, validity, directoryValidity);
    for (const bucket of SHARED_DIRECTORIES) await directory.#drop(bucket);
    return directory;
  }

  /** The worker has a directory, and in it the next creds file for it. Resolves with when that has to be renewed (ms). */
  async ensure(worker: Worker): Promise<number> {
    const bucket = directoryBucket(worker.name);
    const republish = bucketRepublish(bucket);
    await new Kvm(this.#platform).create(bucket, { history: 1, max_bytes: MAX_BYTES, republish });
    const there = await readKey(this.#platform, bucket, DIRECTORY_USER);
    const known = there === undefined ? undefined : await halfTime(there.value);
    if (known !== undefined && known > Date.now()) return known;
    const creds = await directoryCreds(worker, this.#directoryValidity);
    await writeKey(this.#platform, bucket, DIRECTORY_USER, creds);
    return halfTime(new TextEncoder().encode(creds));
  }

  /** Nothing is left of the worker's directory. */
  drop(worker: Worker): Promise<void> {
    return this.#drop(directoryBucket(worker.name));
  }

  /**
   * The worker has a user of the guest's that is right, not revoked and good for half the validity at least; one that is so is
   * left alone. Resolves with when it has to be renewed (ms).
   */
  async admit(worker: Worker, guest: Guest): Promise<number> {
    const { role, key, account, access } = guest;
    const bucket = directoryBucket(worker.name);
    const permissions = rolePermissions(role);
    const user = userKey(worker, guest);
    const there = await readKey(this.#platform, bucket, key);
    if (there !== undefined) {
      const entry = JSON.parse(new TextDecoder().decode(there.value)) as TenantAccess;
      const { jwt, seed } = entry;
      const { iss, sub, iat, exp = 0, nats } = decode<User>(jwt);
      const same =
        isDeepStrictEqual(entry, { ...access, api: HUB_API, jwt, seed }) &&
        iss === account.getPublicKey() &&
        sub === user.getPublicKey() &&
        JSON.stringify([nats.pub?.allow, nats.sub?.allow]) ===
          JSON.stringify([permissions.pub.allow, permissions.sub.allow]);
      const renewAt = (exp - this.#validity / 2) * 1000;
      // issued under a longer validity than now
      const tooLong = exp > Date.now() / 1000 + this.#validity + 1;
      if (same && !tooLong && iat > (await this.revokedAt(guest)) && renewAt > Date.now()) return renewAt;
    }
    const expires = Math.ceil(Date.now() / 1000) + this.#validity;
    const issued = await issueUser(`${worker.name}@${key}`, account, { permissions, expires, key: user });
    const value: TenantAccess = { ...access, api: HUB_API, ...issued };
    await writeKey(this.#platform, bucket, key, JSON.stringify(value));
    return (expires - this.#validity / 2) * 1000;
  }

  /** Of these workers in one tenant. */
  async issued(tenant: string, workers: Iterable<Worker>): Promise<readonly IssuedCredential[]> {
    const issued: IssuedCredential[] = [];
    for (const worker of workers) {
      if (worker.ended || !servesTenant(worker, tenant)) continue;
      const { name, role } = worker;
      const bucket = directoryBucket(name);
      for (const key of await this.#keys(bucket, role === "process" ? `${token(tenant)}.>` : token(tenant))) {
        const there = await readKey(this.#platform, bucket, key);
        if (there === undefined) continue;
        const { jwt, lane } = JSON.parse(new TextDecoder().decode(there.value)) as TenantAccess;
        const { iat, exp = 0 } = decode<User>(jwt);
        issued.push({ role, worker: name, issued: iat, expires: exp, ...(lane === undefined ? {} : { lane }) });
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

  async #drop(bucket: string): Promise<void> {
    const manager = await jetstreamManager(this.#platform);
    const stream = bucketStream(bucket);
    for await (const name of manager.streams.names(bucketSubject(bucket, ">"))) {
      if (name === stream) await manager.streams.delete(stream);
    }
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

  async remove(worker: Worker, { key }: Pick<Guest, "key">): Promise<void> {
    const bucket = directoryBucket(worker.name);
    if ((await readKey(this.#platform, bucket, key)) !== undefined) await removeKey(this.#platform, bucket, key);
  }
}

/** Of the user in a creds file (ms). */
async function halfTime(creds: Uint8Array): Promise<number> {
  const { uc } = await parseCreds(creds);
  return ((uc.iat + (uc.exp ?? 0)) / 2) * 1000;
}
