import { z } from "zod";
import type { Vector } from "../../../compile/vector.ts";
import type { Slot } from "../slots.ts";
import type { FlatAggregate, Pairs } from "./aggregate.ts";
import { grow } from "./grow.ts";

/** JSON has no infinity, which a sum of large numbers may come to: it is a text there */
const number = z.union([z.number(), z.string()]);
const sums = z.array(number.nullable());
const means = z.object({ sum: sums, n: z.array(z.number()) });

const written = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** Sum or mean of a number, added up in the order of the log; null of no value and of what no number is large enough for. */
export class Sum implements FlatAggregate {
  readonly flat = true;
  readonly #kind: "sum" | "avg";
  #sum = new Float64Array(0);
  /** values that are not null */
  #n = new Float64Array(0);

  constructor(kind: "sum" | "avg") {
    this.#kind = kind;
  }

  resize(capacity: number): void {
    this.#sum = grow(this.#sum, capacity);
    this.#n = grow(this.#n, capacity);
  }

  clear(slot: Slot): void {
    this.#sum[slot] = 0;
    this.#n[slot] = 0;
  }

  addAll({ n, slots, rows }: Pairs, input: Vector, _times: Float64Array): void {
    const values = input.values as Float64Array;
    const sums = this.#sum;
    const counts = this.#n;
    for (let i = 0; i < n; i++) {
      const value = values[rows[i] as number] as number;
      if (Number.isNaN(value)) continue;
      const slot = slots[i] as number;
      sums[slot] = (sums[slot] as number) + value;
      counts[slot] = (counts[slot] as number) + 1;
    }
  }

  merge(into: Slot, from: Slot): void {
    this.#sum[into] = (this.#sum[into] as number) + (this.#sum[from] as number);
    this.#n[into] = (this.#n[into] as number) + (this.#n[from] as number);
  }

  result(slot: Slot): number | null {
    const n = this.#n[slot] as number;
    const sum = this.#sum[slot] as number;
    if (n === 0 || !Number.isFinite(sum)) return null;
    return this.#kind === "sum" ? sum : sum / n;
  }

  snapshot(slots: readonly Slot[]): unknown {
    const sum = slots.map((slot) => (this.#n[slot] === 0 ? null : written(this.#sum[slot] as number)));
    return this.#kind === "sum" ? sum : { sum, n: slots.map((slot) => this.#n[slot]) };
  }

  restore(slots: readonly Slot[], state: unknown): void {
    const { sum, n } = this.#kind === "sum" ? { sum: sums.parse(state), n: undefined } : means.parse(state);
    slots.forEach((slot, i) => {
      const value = sum[i] ?? null;
      this.#sum[slot] = Number(value);
      this.#n[slot] = n === undefined ? Number(value !== null) : (n[i] ?? 0);
    });
  }
}
