/** longer than any with all vendors, and short enough to be read for each event */
const MAX_LENGTH = 20_000;
/**
 * The library writes ranges out: a few bytes could name all vendors again and again. The global list has some 1,500, and
 * publishers restrict a dozen purposes; so many take 2 ms.
 */
const MAX_NAMED = 40_000;
/** encoders fill up to whole bytes, or to whole groups of four characters */
const MAX_PADDING = 24;
const SEGMENT = /^[A-Za-z0-9_-]+$/;

export const DISCLOSED_VENDORS = 1;
const ALLOWED_VENDORS = 2;
const PUBLISHER = 3;

/** bits of a core segment before its lists of vendors: all fields there have a fixed length */
const CORE_FIELDS = 213;
const TYPE_BITS = 3;

export type TcfFlaw = "length" | "version" | "segments" | "base64url" | "too-short" | "ranges" | "padding";

/** What the library reads without a word and no TC string may be; it says itself what else is none. */
export function tcfFlaw(text: string): TcfFlaw | undefined {
  if (text.length > MAX_LENGTH) return "length";
  const segments = text.split(".");
  // a length of 4n + 1 holds no whole byte
  if (!segments.every((segment) => SEGMENT.test(segment) && segment.length % 4 !== 1)) return "base64url";
  const [core = "", ...others] = segments;
  // six bits, those of the first letter
  if (!core.startsWith("C")) return "version";
  const types = others.map(segmentType);
  const known = types.every((type) => type === DISCLOSED_VENDORS || type === ALLOWED_VENDORS || type === PUBLISHER);
  if (!known || new Set(types).size < types.length) return "segments";

  const lists = [
    VendorLists.ofCore(core),
    ...others.filter((_, i) => types[i] !== PUBLISHER).map((segment) => VendorLists.ofSegment(segment)),
  ];
  if (lists.reduce((sum, { named }) => sum + named, 0) > MAX_NAMED) return "ranges";
  return lists.map((list) => list.flaw).find((flaw) => flaw !== undefined);
}

/** Its first three bits; the library takes one of type 0 that stands behind the core for another core. */
export const segmentType = (segment: string): number => (Buffer.from(segment.slice(0, 2), "base64url")[0] ?? 0) >> 5;

/** Walks over the lists of vendors of one segment to its end, and adds up what they name. */
class VendorLists {
  readonly #bytes: Buffer;
  #at: number;
  #badRange = false;
  named = 0;

  private constructor(segment: string, at: number) {
    this.#bytes = Buffer.from(segment, "base64url");
    this.#at = at;
  }

  static ofCore(segment: string): VendorLists {
    const lists = new VendorLists(segment, CORE_FIELDS);
    // consent, legitimate interest
    lists.#vendors();
    lists.#vendors();
    lists.#restrictions();
    return lists;
  }

  static ofSegment(segment: string): VendorLists {
    const lists = new VendorLists(segment, TYPE_BITS);
    lists.#vendors();
    return lists;
  }

  get flaw(): TcfFlaw | undefined {
    const left = this.#bytes.length * 8 - this.#at;
    if (left < 0) return "too-short";
    if (this.#badRange) return "ranges";
    return left >= MAX_PADDING || this.#integer(left) !== 0 ? "padding" : undefined;
  }

  /** A bit for each vendor up to the highest, or ranges. */
  #vendors(): void {
    const max = this.#integer(16);
    if (this.#integer(1) === 0) this.#at += max;
    else this.#ranges(max);
  }

  #restrictions(): void {
    for (let left = this.#integer(12); left > 0; left--) {
      // purpose, kind
      this.#at += 6 + 2;
      this.#ranges(65_535);
    }
  }

  #ranges(max: number): void {
    for (let left = this.#integer(12); left > 0; left--) {
      const single = this.#integer(1) === 0;
      const first = this.#integer(16);
      const last = single ? first : this.#integer(16);
      if (first < 1 || last < first || last > max) this.#badRange = true;
      this.named += last - first + 1;
    }
  }

  /** Zeros behind the end. */
  #integer(bits: number): number {
    const from = this.#at;
    this.#at += bits;
    let value = 0;
    for (let at = from; at < this.#at; at++) value = value * 2 + (((this.#bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  }
}
