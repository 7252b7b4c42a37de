import type { Targets } from "./targets.ts";
import { NONE } from "./slots.ts";
import type { Windowing } from "./windowing.ts";

/** Above that many places clearing them would cost more than they save. */
const MAX_PLACES = 16_384;

/**
 * The windows of each group of a batch, while its rows come for the same ones: most do, so that they are looked up once
 * a batch and group. Good for as long as no window closes.
 */
export class SlotMemo {
  readonly #windowing: Windowing;
  readonly #lateness: number;
  /** `overlap` places per code; NONE in the first = not known */
  readonly slots = new Int32Array(MAX_PLACES);
  /** windows that each row is in */
  readonly overlap: number;
  #used = 0;
  #from = NaN;
  #to = NaN;

  constructor(windowing: Windowing, lateness: number) {
    this.#windowing = windowing;
    this.#lateness = lateness;
    this.overlap = windowing.overlap;
  }

  /** For a batch with so many codes; false when it can't be of use. */
  begin(codes: number): boolean {
    this.#used = codes * this.overlap;
    this.#from = this.#to = NaN;
    return this.#used > 0 && this.#used <= MAX_PLACES;
  }

  forget(): void {
    this.#from = this.#to = NaN;
  }

  /** The place of the code's first window; -1 = they are to be looked up. */
  find(code: number, time: number, watermark: number): number {
    // the oldest of them ends where the newest one's step does
    if (!(time >= this.#from && time < this.#to && this.#to + this.#lateness > watermark)) return -1;
    const place = code * this.overlap;
    return this.slots[place] === NONE ? -1 : place;
  }

  /** Keeps what was found for a row at `time`, all of it open by now; rows of other windows are kept when they are newer. */
  keep(code: number, time: number, targets: Targets): void {
    if (targets.n !== this.overlap) return;
    if (!(time >= this.#from && time < this.#to)) {
      if (time < this.#from || !this.#windowing.moveTo(time)) return;
      this.#from = this.#windowing.start;
      this.#to = this.#windowing.next;
      this.slots.fill(NONE, 0, this.#used);
    }
    const place = code * this.overlap;
    for (let t = 0; t < this.overlap; t++) this.slots[place + t] = targets.slots[t] as number;
  }
}
