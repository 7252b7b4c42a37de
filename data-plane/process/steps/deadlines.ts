/** Which of a number of numbered places; used again when it is free. */
type Slot = number;

/** What waits for its time. */
export interface Timed {
  /** when it is due if nothing more comes, epoch ms */
  deadline(slot: Slot): number;
  isDue(slot: Slot, time: number): boolean;
  /** tells this use of a slot from a later one */
  use(slot: Slot): number;
}

const BUCKET_MS = 1000;
/** an entry is `use * PLACE + slot` */
const PLACE = 2 ** 31;
const MAX_USE = 2 ** 22;

/**
 * Open sessions and windows by the second in which they complete if nothing more comes. One that has been stretched since
 * is moved only when its old second is up, so that an event costs nothing here.
 */
export class Deadlines {
  readonly #timed: Timed;
  readonly #buckets = new Map<number, number[]>();
  /** no bucket is before it */
  #first = Infinity;

  constructor(timed: Timed) {
    this.#timed = timed;
  }

  add(slot: Slot): void {
    const key = Math.floor(this.#timed.deadline(slot) / BUCKET_MS);
    const entry = (this.#timed.use(slot) % MAX_USE) * PLACE + slot;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, [entry]);
    else bucket.push(entry);
    if (key < this.#first) this.#first = key;
  }

  /** What is due at `time`, which the caller closes before it adds any. */
  take(time: number): Slot[] {
    const last = time === Infinity ? Infinity : Math.floor(time / BUCKET_MS);
    if (last < this.#first) return [];
    const due: Slot[] = [];
    const moved: Slot[] = [];
    for (const key of this.#keysTo(last)) {
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) continue;
      this.#buckets.delete(key);
      for (const entry of bucket) {
        const slot = entry % PLACE;
        // closed since, perhaps used again
        if (this.#timed.use(slot) % MAX_USE !== Math.floor(entry / PLACE)) continue;
        (this.#timed.isDue(slot, time) ? due : moved).push(slot);
      }
    }
    // what is put back may be of the second that has just begun
    this.#first = this.#buckets.size === 0 ? Infinity : last + 1;
    for (const slot of moved) this.add(slot);
    return due;
  }

  /** Seconds up to `last` that may have any: one by one while time goes on, all that there are when it leaps. */
  #keysTo(last: number): readonly number[] {
    if (last - this.#first > this.#buckets.size) return [...this.#buckets.keys()].filter((key) => key <= last);
    return Array.from({ length: last - this.#first + 1 }, (_, i) => this.#first + i);
  }
}
