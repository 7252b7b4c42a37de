/**
 * A set of 64-bit hashes of strings in open addressing: 8 bytes a slot, at most half full, grows by doubling. At ten
 * million members a new string is taken for a known one with a probability of about 5e-13.
 */
export class DedupSet {
  #slots: Uint32Array<ArrayBuffer>;
  #size = 0;

  constructor(slots: Uint32Array<ArrayBuffer> = new Uint32Array(2 * 64)) {
    this.#slots = slots;
    for (let i = 0; i < slots.length; i += 2) if (slots[i] !== 0 || slots[i + 1] !== 0) this.#size++;
  }

  get size(): number {
    return this.#size;
  }

  has(high: number, low: number): boolean {
    const at = this.#find(high, low);
    return this.#slots[at] !== 0 || this.#slots[at + 1] !== 0;
  }

  /** False when it was a member already. */
  add(high: number, low: number): boolean {
    const at = this.#find(high, low);
    if (this.#slots[at] !== 0 || this.#slots[at + 1] !== 0) return false;
    this.#slots[at] = high;
    this.#slots[at + 1] = low;
    if (++this.#size * 4 > this.#slots.length) this.#grow();
    return true;
  }

  /** An empty set with room for as many as this one has. */
  successor(): DedupSet {
    return new DedupSet(this.#size < 32 ? undefined : new Uint32Array(this.#slots.length));
  }

  /** The table itself: pairs of words, zero pairs are free. */
  slots(): Uint32Array<ArrayBuffer> {
    return this.#slots;
  }

  /** Where the pair is, or the free slot where it would go. */
  #find(high: number, low: number): number {
    const mask = this.#slots.length / 2 - 1;
    let at = (low & mask) >>> 0;
    for (;;) {
      const h = this.#slots[2 * at];
      const l = this.#slots[2 * at + 1];
      if ((h === high && l === low) || (h === 0 && l === 0)) return 2 * at;
      at = (at + 1) & mask;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 2) {
      const high = old[i] as number;
      const low = old[i + 1] as number;
      if (high === 0 && low === 0) continue;
      const at = this.#find(high, low);
      this.#slots[at] = high;
      this.#slots[at + 1] = low;
    }
  }
}
