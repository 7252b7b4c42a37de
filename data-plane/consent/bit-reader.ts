/** Reads bits from the highest of the first byte on; a RangeError for what is not there. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  skip(bits: number): void {
    this.#at += bits;
    if (this.#at > this.#bytes.length * 8) throw new RangeError("too short");
  }

  /** An unsigned number of at most 48 bits. */
  integer(bits: number): number {
    const from = this.#at;
    this.skip(bits);
    let value = 0;
    for (let at = from; at < this.#at; at++) value = value * 2 + this.#bit(at);
    return value;
  }

  /** The positions, from 1 on, of the set bits among the next ones. */
  flags(count: number): ReadonlySet<number> {
    const from = this.#at;
    this.skip(count);
    const set = new Set<number>();
    for (let i = 0; i < count; i++) if (this.#bit(from + i) === 1) set.add(i + 1);
    return set;
  }

  /** At most so many bits are left, and none of them is set. */
  end(padding: number): void {
    const left = this.#bytes.length * 8 - this.#at;
    if (left >= padding || this.flags(left).size > 0) throw new RangeError("too long");
  }

  #bit(at: number): number {
    return ((this.#bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
  }
}
