import type { Session } from "./session.ts";

const BUCKET_MS = 1000;

/**
 * Open sessions by the second in which they complete if nothing more comes. A session that has been stretched since
 * is moved only when its old second is up, so that an event costs nothing here.
 */
export class Deadlines {
  readonly #gap: number;
  readonly #buckets = new Map<number, Session[]>();
  /** no bucket is before it */
  #first = Infinity;

  constructor(gapMs: number) {
    this.#gap = gapMs;
  }

  add(session: Session): void {
    const key = Math.floor((session.end + this.#gap) / BUCKET_MS);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, [session]);
    else bucket.push(session);
    if (key < this.#first) this.#first = key;
  }

  /** Takes out the sessions with end + gap < `time`. */
  take(time: number): Session[] {
    const last = time === Infinity ? Infinity : Math.floor(time / BUCKET_MS);
    if (last < this.#first) return [];
    const due: Session[] = [];
    const moved: Session[] = [];
    for (const key of this.#keysTo(last)) {
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) continue;
      this.#buckets.delete(key);
      for (const session of bucket) {
        if (session.closed) continue;
        (session.end + this.#gap < time ? due : moved).push(session);
      }
    }
    this.#first = this.#buckets.size === 0 ? Infinity : last + 1;
    for (const session of moved) this.add(session);
    return due;
  }

  /** Seconds up to `last` that may have sessions: one by one while time goes on, all that there are when it leaps. */
  #keysTo(last: number): readonly number[] {
    if (last - this.#first > this.#buckets.size) return [...this.#buckets.keys()].filter((key) => key <= last);
    return Array.from({ length: last - this.#first + 1 }, (_, i) => this.#first + i);
  }
}
