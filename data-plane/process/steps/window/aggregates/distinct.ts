import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { MAX_DISTINCT } from "@o2mc/schema/pipeline/aggregate.ts";
import { z } from "zod";
import type { Vector } from "../../../compile/vector.ts";
import { ownText } from "../../text-pool.ts";
import type { Slot } from "../slots.ts";
import type { GrowingAggregate } from "./aggregate.ts";

/** null = too many */
const schema = z.array(z.array(z.union([z.string(), z.number(), z.boolean()])).nullable());

const MEMBER_BYTES = 40;

type Value = string | number | boolean;

const memberBytes = (value: Value): number => MEMBER_BYTES + (typeof value === "string" ? 2 * value.length : 0);

/** How many different values, exactly: every one is kept. Beyond the bound nothing is, and the result is null. */
export class Distinct implements GrowingAggregate {
  readonly flat = false;
  readonly #most: number;
  /** undefined = none yet, null = too many */
  readonly #seen: (Set<Value> | null | undefined)[] = [];
  #bytes = 0;

  constructor(most = MAX_DISTINCT) {
    this.#most = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  resize(_capacity: number): void {
    // a set for each slot that has one
  }

  clear(slot: Slot): void {
    for (const value of this.#seen[slot] ?? []) this.#bytes -= memberBytes(value);
    this.#seen[slot] = undefined;
  }

  growth(slot: Slot, input: Vector, row: number): number {
    const value = cellAt(input, row);
    if (value === null) return 0;
    const seen = slot < 0 ? undefined : this.#seen[slot];
    return seen === null || seen?.has(value) === true ? 0 : memberBytes(value);
  }

  add(slot: Slot, input: Vector, row: number): void {
    const value = cellAt(input, row);
    if (value !== null) this.#take(slot, value);
  }

  merge(into: Slot, from: Slot): void {
    const other = this.#seen[from];
    if (other === null) this.#giveUp(into);
    else for (const value of other ?? []) this.#take(into, value);
  }

  result(slot: Slot): Scalar {
    const seen = this.#seen[slot];
    return seen === null ? null : (seen?.size ?? 0);
  }

  snapshot(slots: readonly Slot[]): unknown {
    return slots.map((slot) => {
      const seen = this.#seen[slot];
      return seen === null ? null : [...(seen ?? [])];
    });
  }

  restore(slots: readonly Slot[], state: unknown): void {
    const sets = schema.parse(state);
    slots.forEach((slot, i) => {
      const values = sets[i];
      if (values === null) this.#giveUp(slot);
      else for (const value of values ?? []) this.#take(slot, value);
    });
  }

  #take(slot: Slot, value: Value): void {
    let seen = this.#seen[slot];
    if (seen === null) return;
    if (seen === undefined) this.#seen[slot] = seen = new Set();
    if (seen.has(value)) return;
    if (seen.size === this.#most) {
      this.#giveUp(slot);
      return;
    }
    seen.add(typeof value === "string" ? ownText(value) : value);
    this.#bytes += memberBytes(value);
  }

  #giveUp(slot: Slot): void {
    this.clear(slot);
    this.#seen[slot] = null;
  }
}
