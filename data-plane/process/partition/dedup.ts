import { DedupSet } from "./dedup-set.ts";

const GENERATION_MS = 120_000;

/**
 * Knows the events of the last two to four minutes of log time: a client that did not get its answer sends them again,
 * in other frames, which the hub can't tell. Two generations by the frames' `at`; the older one goes when a third starts.
 */
export class Dedup {
  #generation: number;
  #current: DedupSet;
  #previous: DedupSet;

  constructor(state?: DedupState) {
    this.#generation = state?.generation ?? 0;
    this.#current = new DedupSet(state?.current);
    this.#previous = new DedupSet(state?.previous);
  }

  /** Starts the generation that a frame cut at `at` belongs to; an older frame counts for the current one. */
  enter(at: number): void {
    const generation = Math.floor(at / GENERATION_MS);
    if (generation <= this.#generation) return;
    const next = this.#current.successor();
    this.#previous = generation === this.#generation + 1 ? this.#current : new DedupSet();
    this.#current = next;
    this.#generation = generation;
  }

  /** True when the event is new; it is known from then on. */
  admit(high: number, low: number): boolean {
    return !this.#previous.has(high, low) && this.#current.add(high, low);
  }

  snapshot(): DedupState {
    return { generation: this.#generation, current: this.#current.slots(), previous: this.#previous.slots() };
  }
}

export interface DedupState {
  readonly generation: number;
  readonly current: Uint32Array<ArrayBuffer>;
  readonly previous: Uint32Array<ArrayBuffer>;
}

/** 64 bits of an unfinished hash: cyrb53's two mixed multiplications (bryc, public domain). */
export interface IdHash {
  readonly h1: number;
  readonly h2: number;
}

/** Of the source's part; the length keeps ("a", "bc") and ("ab", "c") apart. */
export function idHash(source: string): IdHash {
  let h1 = Math.imul(0xdeadbeef ^ source.length, 2654435761);
  let h2 = Math.imul(0x41c6ce57 ^ source.length, 1597334677);
  for (let i = 0; i < source.length; i++) {
    const c = source.charCodeAt(i);
    h1 = Math.imul(h1 ^ c, 2654435761);
    h2 = Math.imul(h2 ^ c, 1597334677);
  }
  return { h1, h2 };
}

/** Writes the hash of an event's id into two cells; never both zero. `source` is the hash of its source. */
export function hashId(source: IdHash, id: string, highs: Uint32Array, lows: Uint32Array, at: number): void {
  let { h1, h2 } = source;
  for (let i = 0; i < id.length; i++) {
    const c = id.charCodeAt(i);
    h1 = Math.imul(h1 ^ c, 2654435761);
    h2 = Math.imul(h2 ^ c, 1597334677);
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  highs[at] = h2;
  lows[at] = h1 === 0 && h2 === 0 ? 1 : h1;
}
