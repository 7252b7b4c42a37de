import type { NatsConnection } from "@nats-io/transport-node";
import { writeKey } from "@o2mc/runtime/bucket.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { KeyUse } from "@o2mc/schema/deployment/key-use.ts";
import { BUCKETS, keyUseKey } from "@o2mc/schema/subjects.ts";

/** A write for each request would cost more than the request. */
const STEP_MS = 10 * 60_000;
/** of keys that are no longer used; what is forgotten is told once more */
const MAX_KEYS = 10_000;

/** Tells the hub when a tenant's write keys were used last: each key once in ten minutes. */
export class KeyUses {
  readonly #nats: NatsConnection;
  readonly #log: Logger;
  readonly #told = new Map<string, number>();

  constructor(nats: NatsConnection, log: Logger) {
    this.#nats = nats;
    this.#log = log;
  }

  /** `hash` of a key that was good at `now` (epoch ms). Nobody waits for it, and no request fails by it. */
  note(hash: string, now: number): void {
    if (now - (this.#told.get(hash) ?? 0) < STEP_MS) return;
    if (this.#told.size >= MAX_KEYS) this.#told.clear();
    this.#told.set(hash, now);
    const use: KeyUse = { at: now };
    writeKey(this.#nats, BUCKETS.keyUses, keyUseKey(hash), JSON.stringify(use)).catch((error: unknown) => {
      this.#told.delete(hash);
      this.#log.debug({ err: error }, "the use of a write key was not noted");
    });
  }
}
