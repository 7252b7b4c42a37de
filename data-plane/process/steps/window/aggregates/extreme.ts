import { z } from "zod";
import type { Vector } from "../../../compile/vector.ts";
import type { Slot } from "../slots.ts";
import type { FlatAggregate, Pairs } from "./aggregate.ts";
import { grow } from "./grow.ts";

const schema = z.array(z.number().nullable());

/** The smallest or largest number; NaN = none yet. */
export class Extreme implements FlatAggregate {
  readonly flat = true;
  /** what values are multiplied by, so that the largest is looked for: negation loses nothing */
  readonly #sign: 1 | -1;
  #most = new Float64Array(0);

  constructor(kind: "min" | "max") {
    this.#sign = kind === "max" ? 1 : -1;
  }

  resize(capacity: number): void {
    this.#most = grow(this.#most, capacity);
  }

  clear(slot: Slot): void {
    this.#most[slot] = NaN;
  }

  addAll({ n, slots, rows }: Pairs, input: Vector, _times: Float64Array): void {
    const values = input.values as Float64Array;
    const most = this.#most;
    const sign = this.#sign;
    for (let i = 0; i < n; i++) {
      const value = sign * (values[rows[i] as number] as number);
      const slot = slots[i] as number;
      // false for a null value, and for a value when there is none yet
      if (value <= (most[slot] as number) || Number.isNaN(value)) continue;
      most[slot] = value;
    }
  }

  merge(into: Slot, from: Slot): void {
    const value = this.#most[from] as number;
    if (!(value <= (this.#most[into] as number)) && !Number.isNaN(value)) this.#most[into] = value;
  }

  result(slot: Slot): number | null {
    const most = this.#most[slot] as number;
    return Number.isNaN(most) ? null : this.#sign * most;
  }

  snapshot(slots: readonly Slot[]): unknown {
    return slots.map((slot) => this.result(slot));
  }

  restore(slots: readonly Slot[], state: unknown): void {
    const values = schema.parse(state);
    slots.forEach((slot, i) => (this.#most[slot] = this.#sign * (values[i] ?? NaN)));
  }
}
