import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import { z } from "zod";
import type { Vector } from "../../../compile/vector.ts";
import type { Slot } from "../slots.ts";
import type { GrowingAggregate } from "./aggregate.ts";
import { estimateOf, register, REGISTERS, valueHash } from "./hyperloglog.ts";

const schema = z.array(z.union([z.array(z.number()), z.string()]));

/** Up to so many hashes are kept as they are: small windows are many, and their counts exact. */
const MOST_HASHES = 64;
const HASH_BYTES = 40;

/**
 * How many different values, by HyperLogLog. Equal values have the same hash in every process and release, so that a
 * replay and a restored snapshot go on with the same registers.
 */
export class Estimate implements GrowingAggregate {
  readonly flat = false;
  /** hashes, or registers */
  readonly #slots: (Set<number> | Uint8Array | undefined)[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  resize(_capacity: number): void {
    // what a slot holds is made when its first value comes
  }

  clear(slot: Slot): void {
    this.#bytes -= bytesOf(this.#slots[slot]);
    this.#slots[slot] = undefined;
  }

  growth(slot: Slot, input: Vector, row: number): number {
    const value = cellAt(input, row);
    const held = slot < 0 ? undefined : this.#slots[slot];
    if (value === null || held instanceof Uint8Array) return 0;
    return held?.has(valueHash(value)) === true ? 0 : HASH_BYTES;
  }

  add(slot: Slot, input: Vector, row: number): void {
    const value = cellAt(input, row);
    if (value !== null) this.#take(slot, valueHash(value));
  }

  merge(into: Slot, from: Slot): void {
    const held = this.#slots[from];
    if (held === undefined) return;
    if (!(held instanceof Uint8Array)) {
      for (const hash of held) this.#take(into, hash);
      return;
    }
    const registers = this.#registers(into);
    for (let i = 0; i < REGISTERS; i++) registers[i] = Math.max(registers[i] as number, held[i] as number);
  }

  result(slot: Slot): number {
    const held = this.#slots[slot];
    if (held === undefined) return 0;
    return held instanceof Uint8Array ? Math.round(estimateOf(held)) : held.size;
  }

  snapshot(slots: readonly Slot[]): unknown {
    return slots.map((slot) => {
      const held = this.#slots[slot];
      return held instanceof Uint8Array ? Buffer.from(held).toString("base64") : [...(held ?? [])];
    });
  }

  restore(slots: readonly Slot[], state: unknown): void {
    const states = schema.parse(state);
    slots.forEach((slot, i) => {
      const held = states[i] ?? [];
      if (typeof held === "string") this.#registers(slot).set(Buffer.from(held, "base64").subarray(0, REGISTERS));
      else for (const hash of held) this.#take(slot, hash);
    });
  }

  #take(slot: Slot, hash: number): void {
    let held = this.#slots[slot];
    if (held === undefined) this.#slots[slot] = held = new Set();
    if (held instanceof Uint8Array) {
      register(held, hash);
      return;
    }
    if (held.has(hash)) return;
    if (held.size === MOST_HASHES) {
      register(this.#registers(slot), hash);
      return;
    }
    held.add(hash);
    this.#bytes += HASH_BYTES;
  }

  /** The slot's registers, made of its hashes when it had none. */
  #registers(slot: Slot): Uint8Array {
    const held = this.#slots[slot];
    if (held instanceof Uint8Array) return held;
    const registers = new Uint8Array(REGISTERS);
    for (const hash of held ?? []) register(registers, hash);
    this.#slots[slot] = registers;
    this.#bytes += bytesOf(registers) - bytesOf(held);
    return registers;
  }
}

function bytesOf(held: Set<number> | Uint8Array | undefined): number {
  if (held === undefined) return 0;
  return held instanceof Uint8Array ? REGISTERS : HASH_BYTES * held.size;
}
