import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { olderPolicy } from "../../compile/batch.ts";
import { TextIndex } from "../text-index.ts";

/** An open session: an index into the store, reused when it has closed. */
export type Slot = number;
export const NONE: Slot = -1;

/** start, end (epoch ms of first and last event), events; then per sticky field the time of the event that gave its value */
const START = 0;
const END = 1;
const EVENTS = 2;
const FIXED = 3;

/** of `#links`: the subject's next session, and the oldest policy version (0 = none), which is read with it */
const LINKS = 2;
const POLICY = 1;

/** of a session beside its key and texts: its columns, its place in the index and among the deadlines */
const SESSION_BYTES = 134;
const STICKY_BYTES = 16;
const NAME_BYTES = 40;

export type Keep = "first" | "last";

/**
 * Open sessions, columnar: an object per session would cost three times the memory and most of the time, spent waiting
 * for it. About 140 bytes a session beside its subject key and texts. A subject may have several, when events came out of
 * order; they form a chain.
 */
export class SessionStore {
  readonly #keeps: readonly Keep[];
  readonly #stride: number;
  readonly #subjects = new TextIndex();
  /** first session of each numbered subject */
  readonly #heads: Slot[] = [];
  readonly #free: Slot[] = [];
  #size = 0;
  #bytes = 0;
  #numbers: Float64Array;
  #links: Int32Array;
  /** how often a slot was used: odd while it is */
  #uses: Uint32Array;
  readonly #keys: string[] = [];
  /** per sticky field */
  readonly #values: Scalar[][];
  /** per field that cuts: the session's one value */
  readonly #cuts: Scalar[][];
  /** what each is called besides its subject; undefined = by its start */
  readonly #names: string[] | undefined;

  constructor(keeps: readonly Keep[], { cuts = 0, named = false } = {}) {
    this.#cuts = Array.from({ length: cuts }, () => []);
    this.#names = named ? [] : undefined;
    this.#keeps = keeps;
    this.#stride = FIXED + keeps.length;
    this.#numbers = new Float64Array(64 * this.#stride);
    this.#links = new Int32Array(64 * LINKS);
    this.#uses = new Uint32Array(64);
    this.#values = keeps.map(() => []);
  }

  get open(): number {
    return this.#size - this.#free.length;
  }

  /** of memory, about; texts that sessions share are counted for each */
  get bytes(): number {
    return this.#bytes;
  }

  /** What a session without sticky texts takes. */
  cost(subjectKey: string): number {
    const name = this.#names === undefined ? 0 : NAME_BYTES;
    return SESSION_BYTES + name + STICKY_BYTES * (this.#keeps.length + this.#cuts.length) + subjectKey.length;
  }

  /** First of the subject's open sessions, or NONE. */
  first(subjectKey: string): Slot {
    const subject = this.#subjects.find(subjectKey);
    return subject < 0 ? NONE : (this.#heads[subject] as Slot);
  }

  next(slot: Slot): Slot {
    return this.#links[slot * LINKS] as number;
  }

  key(slot: Slot): string {
    return this.#keys[slot] as string;
  }

  start(slot: Slot): number {
    return this.#numbers[slot * this.#stride + START] as number;
  }

  end(slot: Slot): number {
    return this.#numbers[slot * this.#stride + END] as number;
  }

  events(slot: Slot): number {
    return this.#numbers[slot * this.#stride + EVENTS] as number;
  }

  policy(slot: Slot): number {
    return this.#links[slot * LINKS + POLICY] as number;
  }

  value(slot: Slot, sticky: number): Scalar {
    return this.#values[sticky]?.[slot] ?? null;
  }

  valueTime(slot: Slot, sticky: number): number {
    return this.#numbers[slot * this.#stride + FIXED + sticky] as number;
  }

  cut(slot: Slot, field: number): Scalar {
    return this.#cuts[field]?.[slot] ?? null;
  }

  /** Gives the session a value of a field that cuts, of which it had none. */
  setCut(slot: Slot, field: number, value: Scalar): void {
    const cuts = this.#cuts[field];
    if (cuts === undefined) return;
    this.#bytes += textBytes(value) - textBytes(cuts[slot]);
    cuts[slot] = value;
  }

  name(slot: Slot): string | undefined {
    return this.#names?.[slot];
  }

  setName(slot: Slot, name: string): void {
    if (this.#names !== undefined) this.#names[slot] = name;
  }

  /** Tells this use of a slot from a later one. */
  use(slot: Slot): number {
    return this.#uses[slot] as number;
  }

  /** A session without events at `time`. `subjectKey` must be a text with memory of its own. */
  add(subjectKey: string, time: number): Slot {
    const slot = this.#free.pop() ?? this.#extend();
    const at = slot * this.#stride;
    this.#numbers.fill(0, at, at + this.#stride);
    this.#numbers[at + START] = time;
    this.#numbers[at + END] = time;
    this.#uses[slot] = this.use(slot) + 1;
    this.#keys[slot] = subjectKey;
    this.#bytes += this.cost(subjectKey);
    for (const values of this.#values) values[slot] = null;
    for (const cuts of this.#cuts) cuts[slot] = null;
    const known = this.#subjects.find(subjectKey);
    const subject = known < 0 ? this.#subjects.add(subjectKey) : known;
    this.#links[slot * LINKS + POLICY] = 0;
    this.#links[slot * LINKS] = known < 0 ? NONE : (this.#heads[subject] as Slot);
    this.#heads[subject] = slot;
    return slot;
  }

  /** Stretches a session over `time`. */
  cover(slot: Slot, time: number): void {
    const at = slot * this.#stride;
    if (time < (this.#numbers[at + START] as number)) this.#numbers[at + START] = time;
    if (time > (this.#numbers[at + END] as number)) this.#numbers[at + END] = time;
  }

  /** `policy` as in `Batch`, the oldest of these events. */
  count(slot: Slot, events: number, policy: number): void {
    const at = slot * this.#stride + EVENTS;
    this.#numbers[at] = (this.#numbers[at] as number) + events;
    const own = this.policy(slot);
    // seldom another one, and a store for each event would cost a tenth of the step's speed
    if (own !== policy) this.#links[slot * LINKS + POLICY] = olderPolicy(own, policy);
  }

  /** Whether a value of an event at `time` takes the place of what a sticky field has; equal times go by log order. */
  wins(slot: Slot, sticky: number, time: number): boolean {
    if (this.value(slot, sticky) === null) return true;
    const at = this.valueTime(slot, sticky);
    return this.#keeps[sticky] === "first" ? time < at : time >= at;
  }

  keep(slot: Slot, sticky: number, value: Scalar, time: number): void {
    const values = this.#values[sticky];
    if (values !== undefined) {
      this.#bytes += textBytes(value) - textBytes(values[slot]);
      values[slot] = value;
    }
    this.#numbers[slot * this.#stride + FIXED + sticky] = time;
  }

  /** Takes `from` into `into`; they don't overlap, so no two of their events have the same time. */
  merge(into: Slot, from: Slot): void {
    this.cover(into, this.start(from));
    this.cover(into, this.end(from));
    this.count(into, this.events(from), this.policy(from));
    for (let sticky = 0; sticky < this.#values.length; sticky++) {
      const value = this.value(from, sticky);
      const time = this.valueTime(from, sticky);
      if (value !== null && this.wins(into, sticky, time)) this.keep(into, sticky, value, time);
    }
    for (let field = 0; field < this.#cuts.length; field++) {
      if (this.cut(into, field) === null) this.setCut(into, field, this.cut(from, field));
    }
    this.remove(from);
  }

  /** Takes a session out of its subject's chain: no event finds it any more. Its own `next` stays, for whoever walks the chain. */
  unlink(slot: Slot): void {
    const key = this.key(slot);
    const after = this.next(slot);
    let before = this.first(key);
    if (before === slot) {
      if (after === NONE) this.#subjects.remove(key);
      else this.#heads[this.#subjects.find(key)] = after;
      return;
    }
    while (before !== NONE && this.next(before) !== slot) before = this.next(before);
    if (before !== NONE) this.#links[before * LINKS] = after;
  }

  /** Takes a session out, which may be unlinked already. */
  remove(slot: Slot): void {
    this.unlink(slot);
    const key = this.key(slot);
    this.#uses[slot] = this.use(slot) + 1;
    this.#keys[slot] = "";
    this.#bytes -= this.cost(key);
    for (const values of [...this.#values, ...this.#cuts]) {
      this.#bytes -= textBytes(values[slot]);
      values[slot] = null;
    }
    this.#free.push(slot);
  }

  /** Of every open session, by subject. */
  *slots(): Iterable<Slot> {
    for (const subject of this.#subjects.entries()) {
      for (let slot = this.#heads[subject] as Slot; slot !== NONE; slot = this.next(slot)) yield slot;
    }
  }

  #extend(): Slot {
    const slot = this.#size++;
    if (slot < this.#uses.length) return slot;
    const numbers = new Float64Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    const links = new Int32Array(this.#links.length * 2);
    links.set(this.#links);
    this.#links = links;
    const uses = new Uint32Array(this.#uses.length * 2);
    uses.set(this.#uses);
    this.#uses = uses;
    return slot;
  }
}

const textBytes = (value: Scalar | undefined): number => (typeof value === "string" ? 2 * value.length : 0);
