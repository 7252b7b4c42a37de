import { jetstream } from "@nats-io/jetstream";
import { Kvm, type KV } from "@nats-io/kv";
import { Objm, type ObjectStore } from "@nats-io/obj";
import { nuid, type NatsConnection } from "@nats-io/transport-node";
import { BUCKETS } from "@o2mc/schema/subjects.ts";
import { z } from "zod";
import { decodeSnapshot } from "../partition/snapshot.ts";
import type { PartitionState } from "../partition/snapshot.ts";

const headSchema = z.object({
  formatVersion: z.literal(1),
  /** stream sequence of the last message that the snapshot contains */
  sequence: z.number().int().min(0),
  /** name in the object store */
  object: z.string(),
  /** deployment revision that it was made under */
  revision: z.number(),
});

type CheckpointHead = z.infer<typeof headSchema>;

export interface Checkpoint {
  readonly head: CheckpointHead;
  readonly state: PartitionState;
  /** KV revision of the head, for compare-and-set */
  readonly kvRevision: number;
}

/** Somebody else has written this partition's head since we read it: we are no longer its owner. */
export class NotOwner extends Error {
  constructor(cause: unknown) {
    super("the checkpoint head has moved", { cause });
    this.name = "NotOwner";
  }
}

/** Snapshots in the object store, each under a name of its own; the head in the KV says which one counts. */
export class Checkpoints {
  readonly #heads: KV;
  readonly #objects: ObjectStore;

  private constructor(heads: KV, objects: ObjectStore) {
    this.#heads = heads;
    this.#objects = objects;
  }

  static async open(nats: NatsConnection): Promise<Checkpoints> {
    const js = jetstream(nats);
    return new Checkpoints(
      await new Kvm(js).open(BUCKETS.checkpointHeads),
      await new Objm(js).open(BUCKETS.checkpoints),
    );
  }

  /** Undefined when there is none yet. Throws when there is one that can't be read: starting from nothing would lose it. */
  async load(key: string): Promise<Checkpoint | undefined> {
    const entry = await this.#heads.get(key);
    if (entry === null || entry.operation !== "PUT") return undefined;
    const head = headSchema.parse(entry.json());
    const data = await this.#objects.getBlob(head.object);
    if (data === null) throw new Error(`checkpoint ${head.object} is missing`);
    return { head, state: decodeSnapshot(data), kvRevision: entry.revision };
  }

  /**
   * Stores a snapshot and moves the head to it, provided that the head is still `previous`; then deletes the previous
   * snapshot. Returns the head's new KV revision.
   */
  async save(
    key: string,
    snapshot: { readonly sequence: number; readonly revision: number; readonly data: Uint8Array },
    previous: { readonly kvRevision: number; readonly object: string } | undefined,
  ): Promise<{ readonly kvRevision: number; readonly object: string }> {
    const { sequence, revision, data } = snapshot;
    // a former owner may still be writing one of the same sequence
    const object = `${key}.${sequence}.${nuid.next()}`;
    await this.#objects.putBlob({ name: object }, data);
    const head = JSON.stringify({ formatVersion: 1, sequence, object, revision } satisfies CheckpointHead);
    let kvRevision: number;
    try {
      kvRevision =
        previous === undefined
          ? await this.#heads.create(key, head)
          : await this.#heads.update(key, head, previous.kvRevision);
    } catch (error) {
      if (!isWrongRevision(error)) throw error;
      await this.#objects.delete(object);
      throw new NotOwner(error);
    }
    if (previous !== undefined) await this.#objects.delete(previous.object).catch(() => undefined);
    return { kvRevision, object };
  }
}

/** JetStream's `wrong last sequence` (10071). */
function isWrongRevision(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === 10_071;
}
