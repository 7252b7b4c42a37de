/**
 * Subjects whose session was completed by the idle timer, ahead of the watermark, and when it ended: an event at or
 * before that end belongs to a row that has left, so it is late, although the watermark would let it pass.
 */
export class Completed {
  readonly #gap: number;
  readonly #ends = new Map<string, number>();
  #firstExpiry = Infinity;

  constructor(gapMs: number) {
    this.#gap = gapMs;
  }

  add(subjectKey: string, end: number): void {
    this.#ends.set(subjectKey, Math.max(end, this.#ends.get(subjectKey) ?? -Infinity));
    this.#firstExpiry = Math.min(this.#firstExpiry, end + this.#gap);
  }

  covers(subjectKey: string, time: number): boolean {
    const end = this.#ends.get(subjectKey);
    return end !== undefined && time <= end;
  }

  get size(): number {
    return this.#ends.size;
  }

  erase(subjectKey: string): void {
    this.#ends.delete(subjectKey);
  }

  /** Forgets what the watermark has passed. */
  expire(watermark: number): void {
    if (watermark <= this.#firstExpiry) return;
    this.#firstExpiry = Infinity;
    for (const [subjectKey, end] of this.#ends) {
      if (end + this.#gap < watermark) this.#ends.delete(subjectKey);
      else this.#firstExpiry = Math.min(this.#firstExpiry, end + this.#gap);
    }
  }

  entries(): Iterable<readonly [string, number]> {
    return this.#ends;
  }
}
