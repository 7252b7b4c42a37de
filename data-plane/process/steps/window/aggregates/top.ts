import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import { z } from "zod";
import type { Vector } from "../../../compile/vector.ts";
import { ownText } from "../../text-pool.ts";
import type { Slot } from "../slots.ts";
import type { GrowingAggregate } from "./aggregate.ts";

type Value = string | number | boolean;

/** what it came to: at most `error` more than the value has come */
interface Counter {
  count: number;
  error: number;
}

const schema = z.array(z.array(z.tuple([z.union([z.string(), z.number(), z.boolean()]), z.number(), z.number()])));

const COUNTER_BYTES = 80;
const CAPACITY_PER_K = 8;

const bytesOf = (value: Value): number => COUNTER_BYTES + (typeof value === "string" ? 2 * value.length : 0);

/**
 * The k most frequent values by Space-Saving (Metwally, Agrawal, El Abbadi 2005) with 8 × k counters: a new value takes the
 * place of the smallest counter and inherits its count, as its possible error. Exact while there are counters for all.
 */
export class Top implements GrowingAggregate {
  readonly flat = false;
  readonly #k: number;
  readonly #slots: (Map<Value, Counter> | undefined)[] = [];
  #bytes = 0;

  constructor(k: number) {
    this.#k = k;
  }

  get bytes(): number {
    return this.#bytes;
  }

  resize(_capacity: number): void {
    // counters are made as values come
  }

  clear(slot: Slot): void {
    for (const value of this.#slots[slot]?.keys() ?? []) this.#bytes -= bytesOf(value);
    this.#slots[slot] = undefined;
  }

  growth(slot: Slot, input: Vector, row: number): number {
    const value = cellAt(input, row);
    if (value === null) return 0;
    const counters = slot < 0 ? undefined : this.#slots[slot];
    // a value that takes another's place may still be longer
    return counters?.has(value) === true ? 0 : bytesOf(value);
  }

  add(slot: Slot, input: Vector, row: number): void {
    const value = cellAt(input, row);
    if (value === null) return;
    const counters = this.#counters(slot);
    const known = counters.get(value);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const own = typeof value === "string" ? ownText(value) : value;
    if (counters.size < this.#capacity) {
      this.#set(counters, own, { count: 1, error: 0 });
      return;
    }
    const [smallest, { count }] = leastOf(counters);
    this.#delete(counters, smallest);
    this.#set(counters, own, { count: count + 1, error: count });
  }

  /** What one has no counter for may have come as often as its smallest says. */
  merge(into: Slot, from: Slot): void {
    const a = this.#counters(into);
    const b = this.#counters(from);
    const missingA = a.size < this.#capacity ? 0 : leastOf(a)[1].count;
    const missingB = b.size < this.#capacity ? 0 : leastOf(b)[1].count;
    for (const [value, counter] of a) {
      const other = b.get(value) ?? { count: missingB, error: missingB };
      counter.count += other.count;
      counter.error += other.error;
    }
    for (const [value, { count, error }] of b) {
      if (!a.has(value)) this.#set(a, value, { count: count + missingA, error: error + missingA });
    }
    while (a.size > this.#capacity) this.#delete(a, leastOf(a)[0]);
  }

  result(slot: Slot): string | null {
    const counters = this.#slots[slot];
    if (counters === undefined || counters.size === 0) return null;
    const sorted = [...counters].sort(([a, { count: n }], [b, { count: m }]) => m - n || (a < b ? -1 : 1));
    return JSON.stringify(sorted.slice(0, this.#k).map(([value, { count, error }]) => ({ value, count, error })));
  }

  snapshot(slots: readonly Slot[]): unknown {
    return slots.map((slot) =>
      [...(this.#slots[slot] ?? [])].map(([value, { count, error }]) => [value, count, error] as const),
    );
  }

  restore(slots: readonly Slot[], state: unknown): void {
    const all = schema.parse(state);
    slots.forEach((slot, i) => {
      for (const [value, count, error] of all[i] ?? []) this.#set(this.#counters(slot), value, { count, error });
    });
  }

  get #capacity(): number {
    return CAPACITY_PER_K * this.#k;
  }

  #counters(slot: Slot): Map<Value, Counter> {
    return (this.#slots[slot] ??= new Map());
  }

  #set(counters: Map<Value, Counter>, value: Value, counter: Counter): void {
    counters.set(value, counter);
    this.#bytes += bytesOf(value);
  }

  #delete(counters: Map<Value, Counter>, value: Value): void {
    counters.delete(value);
    this.#bytes -= bytesOf(value);
  }
}

/** The smallest; of equal ones, the one that has been there longest. */
function leastOf(counters: ReadonlyMap<Value, Counter>): [Value, Counter] {
  let least: [Value, Counter] | undefined;
  for (const entry of counters) if (least === undefined || entry[1].count < least[1].count) least = entry;
  if (least === undefined) throw new Error("there are no counters");
  return least;
}
