import { z } from "zod";
import type { Vector } from "../../../compile/vector.ts";
import type { Slot } from "../slots.ts";
import type { FlatAggregate, Pairs } from "./aggregate.ts";
import { grow } from "./grow.ts";

const schema = z.array(z.number());

/** Of rows. */
export class Count implements FlatAggregate {
  readonly flat = true;
  #n = new Float64Array(0);

  resize(capacity: number): void {
    this.#n = grow(this.#n, capacity);
  }

  clear(slot: Slot): void {
    this.#n[slot] = 0;
  }

  addAll({ n, slots }: Pairs, _input: Vector, _times: Float64Array): void {
    const counts = this.#n;
    for (let i = 0; i < n; i++) counts[slots[i] as number] = (counts[slots[i] as number] as number) + 1;
  }

  merge(into: Slot, from: Slot): void {
    this.#n[into] = this.result(into) + this.result(from);
  }

  result(slot: Slot): number {
    return this.#n[slot] as number;
  }

  snapshot(slots: readonly Slot[]): unknown {
    return slots.map((slot) => this.result(slot));
  }

  restore(slots: readonly Slot[], state: unknown): void {
    const counts = schema.parse(state);
    slots.forEach((slot, i) => (this.#n[slot] = counts[i] ?? 0));
  }
}
