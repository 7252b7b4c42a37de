import type { Key, Keys } from "./keys.ts";
import { NONE, type Slot, type Slots } from "./slots.ts";
import type { Windowing } from "./windowing.ts";

/** of sliding windows that a row is in */
const MAX_OVERLAP = 128;

interface Options {
  readonly keys: Keys;
  readonly slots: Slots;
  /** undefined = session windows */
  readonly windowing: Windowing | undefined;
  /** of session windows, ms */
  readonly gap: number;
  readonly lateness: number;
}

/** The windows that one row goes into: a slot each, or NONE for one that is to be opened. */
export class Targets {
  n = 0;
  readonly slots = new Int32Array(MAX_OVERLAP);
  readonly starts = new Float64Array(MAX_OVERLAP);
  readonly ends = new Float64Array(MAX_OVERLAP);
  /** a session that the row joins with the one target; NONE = none */
  merged: Slot = NONE;
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** False when the row is late. `key` < 0 = nothing is held of its group. Throws nothing, and changes no window. */
  find(key: Key, time: number, watermark: number): boolean {
    const { windowing } = this.#options;
    this.n = 0;
    this.merged = NONE;
    return windowing === undefined
      ? this.#findSession(key, time, watermark)
      : this.#findRegular(windowing, key, watermark, time);
  }

  #add(slot: Slot, start: number, end: number): void {
    this.slots[this.n] = slot;
    this.starts[this.n] = start;
    this.ends[this.n++] = end;
  }

  #findRegular(windowing: Windowing, key: Key, watermark: number, time: number): boolean {
    const { keys, slots, lateness } = this.#options;
    // mostly there are none, and to look costs a read from anywhere in memory
    const completed = key < 0 || keys.completedKeys === 0 ? -Infinity : keys.completed(key);
    do {
      const { start, end } = windowing;
      if (end + lateness <= watermark || end <= completed) continue;
      this.#add(key < 0 ? NONE : slots.find(key, start), start, end);
    } while (windowing.moveBack(time));
    return this.n > 0;
  }

  /**
   * What `watermark` has passed is taken out of the group's chain. A row is late when a window of its own would have
   * completed already, unless it lies inside an open one.
   */
  #findSession(key: Key, time: number, watermark: number): boolean {
    const { keys, slots, gap, lateness } = this.#options;
    let inside = false;
    let joined = NONE;
    for (let at = key < 0 ? NONE : keys.head(key), next = NONE; at !== NONE; at = next) {
      next = slots.next(at);
      const start = slots.start(at);
      const end = slots.end(at);
      if (end + gap + lateness < watermark) slots.unlink(at);
      else if (time >= start - gap && time <= end + gap) {
        inside ||= time >= start && time <= end;
        if (joined === NONE) joined = at;
        else this.merged = at;
      }
    }
    // always into the earlier one, so that the order of the chain makes no difference
    if (this.merged !== NONE && slots.start(this.merged) < slots.start(joined)) {
      [joined, this.merged] = [this.merged, joined];
    }
    this.#add(joined, time, time);
    const late = time + gap + lateness < watermark || (key >= 0 && time <= keys.completed(key));
    return !late || inside;
  }
}
