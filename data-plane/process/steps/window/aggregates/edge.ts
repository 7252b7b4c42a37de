import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { z } from "zod";
import type { Vector } from "../../../compile/vector.ts";
import { TextPool } from "../../text-pool.ts";
import type { Slot } from "../slots.ts";
import type { GrowingAggregate } from "./aggregate.ts";
import { grow } from "./grow.ts";

const schema = z.object({
  value: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
  time: z.array(z.number()),
});

/** The first or last value by event time; of two at the same time, by the order of the log. */
export class Edge implements GrowingAggregate {
  readonly flat = false;
  readonly #keep: "first" | "last";
  readonly #values: Scalar[] = [];
  readonly #texts = new TextPool();
  #times = new Float64Array(0);
  #bytes = 0;

  constructor(keep: "first" | "last") {
    this.#keep = keep;
  }

  get bytes(): number {
    return this.#bytes;
  }

  resize(capacity: number): void {
    this.#times = grow(this.#times, capacity);
  }

  clear(slot: Slot): void {
    this.#bytes -= textBytes(this.result(slot));
    this.#values[slot] = null;
  }

  growth(slot: Slot, input: Vector, row: number, time: number): number {
    if (slot >= 0 && !this.#wins(slot, time)) return 0;
    const value = cellAt(input, row);
    return value === null ? 0 : textBytes(value) - (slot < 0 ? 0 : textBytes(this.result(slot)));
  }

  add(slot: Slot, input: Vector, row: number, time: number): void {
    if (!this.#wins(slot, time)) return;
    const value = cellAt(input, row);
    if (value === null) return;
    if (value === this.result(slot)) this.#times[slot] = time;
    else this.#keepValue(slot, typeof value === "string" ? this.#texts.own(value) : value, time);
  }

  merge(into: Slot, from: Slot): void {
    const value = this.result(from);
    const time = this.#times[from] as number;
    if (value !== null && this.#wins(into, time)) this.#keepValue(into, value, time);
  }

  result(slot: Slot): Scalar {
    return this.#values[slot] ?? null;
  }

  snapshot(slots: readonly Slot[]): unknown {
    return {
      value: slots.map((slot) => this.result(slot)),
      time: slots.map((slot) => (this.result(slot) === null ? 0 : this.#times[slot])),
    };
  }

  restore(slots: readonly Slot[], state: unknown): void {
    const { value, time } = schema.parse(state);
    slots.forEach((slot, i) => this.#keepValue(slot, value[i] ?? null, time[i] ?? 0));
  }

  #wins(slot: Slot, time: number): boolean {
    if (this.result(slot) === null) return true;
    const known = this.#times[slot] as number;
    return this.#keep === "first" ? time < known : time >= known;
  }

  #keepValue(slot: Slot, value: Scalar, time: number): void {
    this.#bytes += textBytes(value) - textBytes(this.result(slot));
    this.#values[slot] = value;
    this.#times[slot] = time;
  }
}

const textBytes = (value: Scalar): number => (typeof value === "string" ? 2 * value.length : 0);
