import { olderPolicy } from "../../compile/batch.ts";
import { grow } from "./aggregates/grow.ts";
import type { AggregateColumn } from "./aggregates/aggregate.ts";
import type { PairList } from "./pair-list.ts";
import type { Key, Keys } from "./keys.ts";

/** An open window of one group: an index into the columns, used again when it has closed. */
export type Slot = number;
export const NONE: Slot = -1;

const SLOT_BYTES = 200;
const AGGREGATE_BYTES = 50;

/** Open windows, columnar; those of one group form a chain. */
export class Slots {
  readonly #keys: Keys;
  readonly #aggregates: readonly AggregateColumn[];
  readonly #free: Slot[] = [];
  #size = 0;
  #bytes = 0;
  #sequence = 0;
  #capacity = 0;
  #start = new Float64Array(0);
  #end = new Float64Array(0);
  /** the order in which they were opened */
  #opened = new Float64Array(0);
  #key = new Int32Array(0);
  #next = new Int32Array(0);
  #uses = new Uint32Array(0);
  /** as in `Batch`, the oldest of its rows; of windows per subject */
  #policy = new Uint32Array(0);
  /** 1 = something has come since its last row left */
  #changed = new Uint8Array(0);

  constructor(keys: Keys, aggregates: readonly AggregateColumn[]) {
    this.#keys = keys;
    this.#aggregates = aggregates;
  }

  get open(): number {
    return this.#size - this.#free.length;
  }

  /** of memory, about, beside what aggregates grow by */
  get bytes(): number {
    return this.#bytes;
  }

  /** of a window of a group */
  cost(keyText: string): number {
    return SLOT_BYTES + 4 * keyText.length + AGGREGATE_BYTES * this.#aggregates.length;
  }

  start(slot: Slot): number {
    return this.#start[slot] as number;
  }

  end(slot: Slot): number {
    return this.#end[slot] as number;
  }

  key(slot: Slot): Key {
    return this.#key[slot] as Key;
  }

  next(slot: Slot): Slot {
    return this.#next[slot] as Slot;
  }

  use(slot: Slot): number {
    return this.#uses[slot] as number;
  }

  /** The group's window that begins at `start`. */
  find(key: Key, start: number): Slot {
    const starts = this.#start;
    const nexts = this.#next;
    let slot = this.#keys.head(key);
    while (slot !== NONE && starts[slot] !== start) slot = nexts[slot] as Slot;
    return slot;
  }

  add(key: Key, start: number, end: number): Slot {
    const slot = this.#free.pop() ?? this.#extend();
    this.#start[slot] = start;
    this.#end[slot] = end;
    this.#opened[slot] = this.#sequence++;
    this.#key[slot] = key;
    this.#next[slot] = this.#keys.head(key);
    this.#keys.setHead(key, slot);
    this.#uses[slot] = this.use(slot) + 1;
    this.#changed[slot] = 0;
    this.#policy[slot] = 0;
    this.#bytes += this.cost(this.#keys.text(key));
    return slot;
  }

  /** Stretches a window over `time`. */
  cover(slot: Slot, time: number): void {
    if (time < this.start(slot)) this.#start[slot] = time;
    if (time > this.end(slot)) this.#end[slot] = time;
  }

  policy(slot: Slot): number {
    return this.#policy[slot] as number;
  }

  setPolicy(slot: Slot, policy: number): void {
    this.#policy[slot] = policy;
  }

  /** Takes the policy versions of rows. */
  admit({ slots, rows, n }: PairList, policy: Float64Array): void {
    const own = this.#policy;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as Slot;
      own[slot] = olderPolicy(own[slot] as number, policy[rows[i] as number] as number);
    }
  }

  /** Takes `from` into `into`. */
  merge(into: Slot, from: Slot): void {
    this.cover(into, this.start(from));
    this.cover(into, this.end(from));
    this.#opened[into] = Math.min(this.#opened[into] as number, this.#opened[from] as number);
    this.setPolicy(into, olderPolicy(this.policy(into), this.policy(from)));
    for (const aggregate of this.#aggregates) aggregate.merge(into, from);
    this.unlink(from);
    this.free(from);
  }

  /** True the first time since `settle`. */
  change(slot: Slot): boolean {
    if (this.#changed[slot] === 1) return false;
    this.#changed[slot] = 1;
    return true;
  }

  hasChanged(slot: Slot): boolean {
    return this.#changed[slot] === 1;
  }

  settle(slot: Slot): void {
    this.#changed[slot] = 0;
  }

  /** Takes a window out of its group's chain: no row finds it any more. */
  unlink(slot: Slot): void {
    const key = this.key(slot);
    let before = this.#keys.head(key);
    if (before === slot) {
      this.#keys.setHead(key, this.next(slot));
      return;
    }
    while (before !== NONE && this.next(before) !== slot) before = this.next(before);
    if (before !== NONE) this.#next[before] = this.next(slot);
  }

  /** The slot of an unlinked window may be used again. */
  free(slot: Slot): void {
    for (const aggregate of this.#aggregates) aggregate.clear(slot);
    this.#bytes -= this.cost(this.#keys.text(this.key(slot)));
    this.#uses[slot] = this.use(slot) + 1;
    this.#changed[slot] = 0;
    this.#free.push(slot);
  }

  /** By end, then by start, then as they were opened: whatever completes together leaves in that order. */
  sort(slots: Slot[]): Slot[] {
    return slots.sort(
      (a, b) =>
        this.end(a) - this.end(b) ||
        this.start(a) - this.start(b) ||
        (this.#opened[a] as number) - (this.#opened[b] as number),
    );
  }

  /** As they were opened. */
  all(): Slot[] {
    const slots: Slot[] = [];
    for (let slot = 0; slot < this.#size; slot++) if (this.use(slot) % 2 === 1) slots.push(slot);
    return slots.sort((a, b) => (this.#opened[a] as number) - (this.#opened[b] as number));
  }

  #extend(): Slot {
    const slot = this.#size++;
    if (slot < this.#capacity) return slot;
    const capacity = (this.#capacity = Math.max(64, this.#capacity * 2));
    this.#start = grow(this.#start, capacity);
    this.#end = grow(this.#end, capacity);
    this.#opened = grow(this.#opened, capacity);
    this.#key = copied(new Int32Array(capacity), this.#key);
    this.#next = copied(new Int32Array(capacity), this.#next);
    this.#uses = copied(new Uint32Array(capacity), this.#uses);
    this.#policy = copied(new Uint32Array(capacity), this.#policy);
    this.#changed = copied(new Uint8Array(capacity), this.#changed);
    for (const aggregate of this.#aggregates) {
      aggregate.resize(capacity);
      for (let each = slot; each < capacity; each++) aggregate.clear(each);
    }
    return slot;
  }
}

function copied<T extends Int32Array | Uint32Array | Uint8Array>(into: T, from: T): T {
  into.set(from);
  return into;
}
