import { z } from "zod";
import type { Vector } from "../../../compile/vector.ts";
import type { Slot } from "../slots.ts";
import type { GrowingAggregate } from "./aggregate.ts";

const schema = z.array(z.tuple([z.array(z.number()), z.array(z.number())]).nullable());

const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
/** what is closer to zero counts as zero */
const SMALLEST = 1e-300;
/** of negative numbers, so that bins in rising order are values in rising order; zero is bin 0 */
const OFFSET = 40_000;
const BIN_BYTES = 50;
/** numbers over a range of 10^17 around one another have 2,000 */
const MOST_BINS = 2000;

/**
 * DDSketch (Masson, Rim, Lee 2019) with sparse bins: counts of values by the logarithm, so that a quantile is at most 1 %
 * off. Datadog's library keeps dense bins (1 kB for a single value, 35,000 bins between a tiny and a huge one) and its
 * snapshot forgets extremes: here a window holds the bins that it has. Beyond 2,000 of them the lowest are put together.
 */
export class Quantile implements GrowingAggregate {
  readonly flat = false;
  readonly #quantile: number;
  readonly #bins: (Map<number, number> | undefined)[] = [];
  #bytes = 0;

  constructor(quantile: number) {
    this.#quantile = quantile;
  }

  get bytes(): number {
    return this.#bytes;
  }

  resize(_capacity: number): void {
    // bins are made as values come
  }

  clear(slot: Slot): void {
    this.#bytes -= BIN_BYTES * (this.#bins[slot]?.size ?? 0);
    this.#bins[slot] = undefined;
  }

  growth(slot: Slot, input: Vector, row: number): number {
    const value = input.values[row] as number;
    const bins = slot < 0 ? undefined : this.#bins[slot];
    if (Number.isNaN(value) || bins?.has(binOf(value)) === true || bins?.size === MOST_BINS) return 0;
    return BIN_BYTES;
  }

  add(slot: Slot, input: Vector, row: number): void {
    const value = input.values[row] as number;
    if (!Number.isNaN(value)) this.#count(slot, binOf(value), 1);
  }

  merge(into: Slot, from: Slot): void {
    for (const [bin, n] of this.#bins[from] ?? []) this.#count(into, bin, n);
  }

  result(slot: Slot): number | null {
    const bins = this.#bins[slot];
    if (bins === undefined) return null;
    const sorted = [...bins].sort(([a], [b]) => a - b);
    const rank = this.#quantile * (sorted.reduce((sum, [, n]) => sum + n, 0) - 1);
    let below = 0;
    for (const [bin, n] of sorted) {
      below += n;
      if (below > rank) return valueOf(bin);
    }
    return null;
  }

  snapshot(slots: readonly Slot[]): unknown {
    return slots.map((slot) => {
      const bins = this.#bins[slot];
      return bins === undefined ? null : [[...bins.keys()], [...bins.values()]];
    });
  }

  restore(slots: readonly Slot[], state: unknown): void {
    const all = schema.parse(state);
    slots.forEach((slot, i) => {
      const [bins, counts] = all[i] ?? [[], []];
      bins.forEach((bin, b) => this.#count(slot, bin, counts[b] ?? 0));
    });
  }

  #count(slot: Slot, bin: number, n: number): void {
    let bins = this.#bins[slot];
    if (bins === undefined) this.#bins[slot] = bins = new Map();
    const known = bins.get(bin);
    if (known === undefined) this.#bytes += BIN_BYTES;
    bins.set(bin, (known ?? 0) + n);
    if (bins.size > MOST_BINS) this.#collapse(bins);
  }

  /** Puts the lowest bin into the one above it. */
  #collapse(bins: Map<number, number>): void {
    let lowest = Infinity;
    let second = Infinity;
    for (const bin of bins.keys()) {
      if (bin < lowest) [second, lowest] = [lowest, bin];
      else if (bin < second) second = bin;
    }
    bins.set(second, (bins.get(second) ?? 0) + (bins.get(lowest) ?? 0));
    bins.delete(lowest);
    this.#bytes -= BIN_BYTES;
  }
}

function binOf(value: number): number {
  const size = Math.abs(value);
  if (size < SMALLEST) return 0;
  const bin = Math.ceil(Math.log(size) / LOG_GAMMA) + OFFSET;
  return value < 0 ? -bin : bin;
}

function valueOf(bin: number): number {
  if (bin === 0) return 0;
  const size = (Math.exp((Math.abs(bin) - OFFSET) * LOG_GAMMA) * 2) / (1 + GAMMA);
  return bin < 0 ? -size : size;
}
