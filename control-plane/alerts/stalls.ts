interface Seen {
  readonly waiting: number;
  readonly delivered: number;
  /** epoch ms */
  readonly stuckSince: number;
  readonly growingSince: number;
}

/** nothing was given out although something waits */
const STUCK_MS = 30_000;
/** more waits at each look, although something is given out */
const GROWING_MS = 120_000;

/** Tells which partitions stand still, or fall ever further behind, by looking at them again and again. */
export class Stalls {
  readonly #seen = new Map<string, Seen>();

  /** True when the partition of this key is stalled at `now` (epoch ms). */
  look(key: string, { waiting, delivered }: Pick<Seen, "waiting" | "delivered">, now: number): boolean {
    if (waiting === 0) {
      this.#seen.delete(key);
      return false;
    }
    const before = this.#seen.get(key);
    const stuckSince = before?.delivered === delivered ? before.stuckSince : now;
    const growingSince = before !== undefined && waiting > before.waiting ? before.growingSince : now;
    this.#seen.set(key, { waiting, delivered, stuckSince, growingSince });
    return now - stuckSince >= STUCK_MS || now - growingSince >= GROWING_MS;
  }
}
