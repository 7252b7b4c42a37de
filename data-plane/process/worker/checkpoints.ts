import { createHash } from "node:crypto";
import { nuid, type NatsConnection } from "@nats-io/transport-node";
import { readKey, writeKey, WrongRevision } from "@o2mc/runtime/bucket.ts";
import { BUCKETS } from "@o2mc/schema/subjects.ts";
import { z } from "zod";
import { decodeSnapshot, type PartitionState } from "../partition/snapshot.ts";
import { SnapshotSlots, type StoredSnapshot } from "./snapshot-slots.ts";

const headSchema = z.object({
  formatVersion: z.literal(2),
  /** stream sequence of the last message that the snapshot contains */
  sequence: z.number().int().min(0),
  /** every snapshot that is still stored contains the log at least up to here; absent in older heads */
  oldest: z.number().int().min(0).optional(),
  /** where it is; null before the first snapshot */
  snapshot: z
    .object({ writer: z.string(), slot: z.number().int().min(0), chunks: z.number().int().min(1), sha256: z.string() })
    .nullable(),
  /** deployment revision that it was made under */
  revision: z.number(),
  /** the owner's own name for its slots */
  writer: z.string(),
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

/**
 * Snapshots in CHECKPOINTS, each owner's in two slots of its own that take turns; the head in the KV says which one
 * counts. Every name begins with the lane's, and nothing is read, listed or purged but by name: so a lane's credential
 * opens its own only.
 */
export class Checkpoints {
  readonly #nats: NatsConnection;

  constructor(nats: NatsConnection) {
    this.#nats = nats;
  }

  /**
   * Writes the head anew under our name, so that a former owner who is still saving fails, and reads its snapshot. Throws when
   * there is one that can't be read: starting from nothing would lose what it holds.
   */
  async claim(key: string): Promise<{ readonly claim: Claim; readonly state: PartitionState | undefined }> {
    const entry = await readKey(this.#nats, BUCKETS.checkpointHeads, key);
    const writer = nuid.next();
    const before: Head =
      entry === undefined
        ? { formatVersion: 2, sequence: 0, snapshot: null, revision: 0, writer }
        : headSchema.parse(JSON.parse(new TextDecoder().decode(entry.value)));
    const head: Head = { ...before, writer };
    const kvRevision = await this.#write(key, head, entry?.revision ?? 0);
    const data = head.snapshot === null ? undefined : await this.#read(key, head.snapshot);
    await this.#removeOthers(key, before);
    return { claim: { head, kvRevision }, state: data === undefined ? undefined : decodeSnapshot(data) };
  }

  /** Stores a snapshot and moves the head to it. Throws NotOwner when the claim is void. */
  async save(
    key: string,
    snapshot: { readonly sequence: number; readonly revision: number; readonly data: Uint8Array },
    claim: Claim,
  ): Promise<Claim> {
    const { sequence, revision, data } = snapshot;
    const { writer, snapshot: before } = claim.head;
    const own = before?.writer === writer;
    const slot = own ? 1 - before.slot : 0;
    const slots = new SnapshotSlots(this.#nats, key, writer);
    const chunks = await slots.write(slot, data);
    const head: Head = {
      formatVersion: 2,
      sequence,
      // the other slot keeps the one before until the next turn
      oldest: before === null ? sequence : claim.head.sequence,
      snapshot: { writer, slot, chunks, sha256: digest(data) },
      revision,
      writer,
    };
    const kvRevision = await this.#move(key, head, claim.kvRevision, () => slots.remove(slot));
    // our own turn comes again and is written over; one that stays is found at the next claim
    if (before !== null && !own) {
      await new SnapshotSlots(this.#nats, key, before.writer).remove(before.slot).catch(() => undefined);
    }
    return { head, kvRevision };
  }

  async #read(key: string, { writer, slot, chunks, sha256 }: StoredSnapshot): Promise<Uint8Array> {
    const data = await new SnapshotSlots(this.#nats, key, writer).read(slot, chunks);
    if (digest(data) !== sha256) throw new Error(`checkpoint ${key} is not what was stored`);
    return data;
  }

  /** A head that may or may not have moved voids the claim: under it the slot that counts would be written over. */
  async #move(key: string, head: Head, kvRevision: number, remove: () => Promise<void>): Promise<number> {
    try {
      return await this.#write(key, head, kvRevision);
    } catch (error) {
      if (!(error instanceof NotOwner)) throw new NotOwner(error);
      await remove().catch(() => undefined);
      throw error;
    }
  }

  async #write(key: string, head: Head, kvRevision: number): Promise<number> {
    try {
      return await writeKey(this.#nats, BUCKETS.checkpointHeads, key, JSON.stringify(head), kvRevision);
    } catch (error) {
      throw error instanceof WrongRevision ? new NotOwner(error) : error;
    }
  }

  /** What former owners left that died between snapshot and head. Nobody can still point a head to it after our claim. */
  async #removeOthers(key: string, { writer, snapshot }: Head): Promise<void> {
    for (const name of new Set([writer, snapshot?.writer ?? writer])) {
      for (const slot of [0, 1]) {
        if (name === snapshot?.writer && slot === snapshot.slot) continue;
        await new SnapshotSlots(this.#nats, key, name).remove(slot).catch(() => undefined);
      }
    }
  }
}

const digest = (data: Uint8Array): string => createHash("sha256").update(data).digest("base64url");
