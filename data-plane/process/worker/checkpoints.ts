import { jetstream, jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { Kvm, type KV } from "@nats-io/kv";
import { Objm, type ObjectStore } from "@nats-io/obj";
import { nuid, type NatsConnection } from "@nats-io/transport-node";
import { BUCKETS } from "@o2mc/schema/subjects.ts";
import { z } from "zod";
import { decodeSnapshot, type PartitionState } from "../partition/snapshot.ts";

const headSchema = z.object({
  formatVersion: z.literal(1),
  /** stream sequence of the last message that the snapshot contains */
  sequence: z.number().int().min(0),
  /** name in the object store; null before the first snapshot */
  object: z.string().nullable(),
  /** deployment revision that it was made under */
  revision: z.number(),
});

type Head = z.infer<typeof headSchema>;

/** A head together with its revision in the KV, the right to write the next one. */
export interface Claim {
  readonly head: Head;
  readonly kvRevision: number;
}

/** Somebody else has written this partition's head since we did: we are no longer its owner. */
export class NotOwner extends Error {
  constructor(cause: unknown) {
    super("the checkpoint head has moved", { cause });
    this.name = "NotOwner";
  }
}

const FIRST: Head = { formatVersion: 1, sequence: 0, object: null, revision: 0 };

/** Snapshots in the object store, each under a name of its own; the head in the KV says which one counts. */
export class Checkpoints {
  readonly #heads: KV;
  readonly #objects: ObjectStore;
  readonly #jsm: JetStreamManager;

  private constructor(heads: KV, objects: ObjectStore, jsm: JetStreamManager) {
    this.#heads = heads;
    this.#objects = objects;
    this.#jsm = jsm;
  }

  static async open(nats: NatsConnection): Promise<Checkpoints> {
    const js = jetstream(nats);
    return new Checkpoints(
      await new Kvm(js).open(BUCKETS.checkpointHeads),
      await new Objm(js).open(BUCKETS.checkpoints),
      await jetstreamManager(nats, { checkAPI: false }),
    );
  }

  /**
   * Writes the head anew as it is, so that a former owner who is still saving fails, and reads its snapshot. Throws when
   * there is one that can't be read: starting from nothing would lose what it holds.
   */
  async claim(key: string): Promise<{ readonly claim: Claim; readonly state: PartitionState | undefined }> {
    const entry = await this.#heads.get(key);
    const head = entry === null || entry.operation !== "PUT" ? FIRST : headSchema.parse(entry.json());
    const kvRevision = await this.#write(key, head, entry?.revision);
    const data = head.object === null ? undefined : await this.#objects.getBlob(head.object);
    if (data === null) throw new Error(`checkpoint ${head.object} is missing`);
    await this.#removeOthers(key, head.object);
    return { claim: { head, kvRevision }, state: data === undefined ? undefined : decodeSnapshot(data) };
  }

  /** Stores a snapshot, moves the head to it, then deletes the one before. Throws NotOwner when the claim is void. */
  async save(
    key: string,
    snapshot: { readonly sequence: number; readonly revision: number; readonly data: Uint8Array },
    claim: Claim,
  ): Promise<Claim> {
    const { sequence, revision, data } = snapshot;
    const object = `${key}.${sequence}.${nuid.next()}`;
    await this.#objects.putBlob({ name: object }, data);
    const head: Head = { formatVersion: 1, sequence, object, revision };
    try {
      const kvRevision = await this.#write(key, head, claim.kvRevision);
      // one that stays is found at the next claim
      if (claim.head.object !== null) await this.#remove(claim.head.object).catch(() => undefined);
      return { head, kvRevision };
    } catch (error) {
      if (error instanceof NotOwner) await this.#remove(object).catch(() => undefined);
      throw error;
    }
  }

  async #write(key: string, head: Head, kvRevision: number | undefined): Promise<number> {
    try {
      if (kvRevision === undefined) return await this.#heads.create(key, JSON.stringify(head));
      return await this.#heads.update(key, JSON.stringify(head), kvRevision);
    } catch (error) {
      throw isWrongRevision(error) ? new NotOwner(error) : error;
    }
  }

  /** What a worker left that died between snapshot and head. Nobody can still point a head to it after our claim. */
  async #removeOthers(key: string, kept: string | null): Promise<void> {
    for (const { name } of await this.#objects.list()) {
      if (name.startsWith(`${key}.`) && name !== kept) await this.#remove(name).catch(() => undefined);
    }
  }

  /** The library leaves a marker for each deleted name, and our names never come back: it has to go too. */
  async #remove(object: string): Promise<void> {
    await this.#objects.delete(object);
    const name = Buffer.from(object).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
    await this.#jsm.streams.purge(`OBJ_${BUCKETS.checkpoints}`, { filter: `$O.${BUCKETS.checkpoints}.M.${name}` });
  }
}

/** JetStream's `wrong last sequence` (10071). */
function isWrongRevision(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === 10_071;
}
