import type { Slot } from "./slots.ts";

/** Rows and the slots that they go into, for loops over all of them. */
export class PairList {
  n = 0;
  slots = new Int32Array(1024);
  rows = new Int32Array(1024);

  add(slot: Slot, row: number): void {
    if (this.n === this.slots.length) this.#grow();
    this.slots[this.n] = slot;
    this.rows[this.n++] = row;
  }

  /** The row with each of `count` slots from a place in `slots`. */
  addEach(slots: Int32Array, from: number, count: number, row: number): void {
    while (this.n + count > this.slots.length) this.#grow();
    for (let i = from; i < from + count; i++) {
      this.slots[this.n] = slots[i] as Slot;
      this.rows[this.n++] = row;
    }
  }

  #grow(): void {
    const slots = new Int32Array(2 * this.slots.length);
    const rows = new Int32Array(2 * this.slots.length);
    slots.set(this.slots);
    rows.set(this.rows);
    this.slots = slots;
    this.rows = rows;
  }
}
