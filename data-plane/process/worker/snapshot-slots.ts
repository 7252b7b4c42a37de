import { headers, type NatsConnection } from "@nats-io/transport-node";
import { lastMessage } from "@o2mc/runtime/bucket.ts";
import { jetStreamOf } from "@o2mc/runtime/jetstream.ts";
import { checkpointSubject, STREAMS } from "@o2mc/schema/subjects.ts";

const CHUNK_BYTES = 512 * 1024;
const UNDER_WAY = 8;

/** Where a snapshot is. */
export interface StoredSnapshot {
  readonly writer: string;
  readonly slot: number;
  readonly chunks: number;
  readonly sha256: string;
}

/** The two places in which one owner of a partition keeps its snapshots, as chunks: one message a subject. */
export class SnapshotSlots {
  readonly #nats: NatsConnection;
  readonly #prefix: string;

  /** `key` is the partition's checkpoint key */
  constructor(nats: NatsConnection, key: string, writer: string) {
    this.#nats = nats;
    this.#prefix = checkpointSubject(key, writer);
  }

  /** Writes over what was there; returns the number of chunks. */
  async write(slot: number, data: Uint8Array): Promise<number> {
    const chunks = Math.max(1, Math.ceil(data.length / CHUNK_BYTES));
    const js = jetStreamOf(this.#nats);
    for (let first = 0; first < chunks; first += UNDER_WAY) {
      const some = Array.from({ length: Math.min(UNDER_WAY, chunks - first) }, (_, i) => first + i);
      await Promise.all(
        some.map((i) => js.publish(this.#subject(slot, i), data.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES))),
      );
    }
    await this.remove(slot, chunks);
    return chunks;
  }

  async read(slot: number, chunks: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let i = 0; i < chunks; i++) {
      const subject = this.#subject(slot, i);
      const chunk = await lastMessage(this.#nats, STREAMS.checkpoints, subject);
      if (chunk === undefined) throw new Error(`checkpoint chunk ${subject} is missing`);
      parts.push(chunk.value);
    }
    return Buffer.concat(parts);
  }

  /** Chunks from `first` on. A message that replaces each and soon goes by itself: so no right to purge is needed. */
  async remove(slot: number, first = 0): Promise<void> {
    const soon = headers();
    soon.set("Nats-TTL", "1s");
    for (let i = first; ; i++) {
      const subject = this.#subject(slot, i);
      const chunk = await lastMessage(this.#nats, STREAMS.checkpoints, subject);
      if (chunk === undefined) return;
      if (chunk.value.length > 0) await jetStreamOf(this.#nats).publish(subject, "", { headers: soon });
    }
  }

  readonly #subject = (slot: number, chunk: number): string => `${this.#prefix}.${slot}.${chunk}`;
}
