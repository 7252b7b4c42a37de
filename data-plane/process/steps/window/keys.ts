import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { ownText } from "../text-pool.ts";
import { TextIndex } from "../text-index.ts";
import { NONE, type Slot } from "./slots.ts";

/** A group's number; used again when nothing is held of it. */
export type Key = number;

/** The groups of which something is held, columnar: their values, their windows, and what idleness has completed of them. */
export class Keys {
  readonly #index = new TextIndex();
  /** undefined = free */
  readonly #texts: (string | undefined)[] = [];
  readonly #by: Scalar[][] = [];
  readonly #subjects: string[] = [];
  /** first of its chain of open windows */
  readonly #heads: Slot[] = [];
  /** until when its windows have left ahead of the watermark; -Infinity = none has */
  readonly #completed: number[] = [];
  #completedKeys = 0;
  #completedCharacters = 0;

  /** -1 when nothing is held of it */
  find(text: string): Key {
    return this.#index.find(text);
  }

  add(text: string, by: Scalar[], subjectKey: string): Key {
    const own = ownText(text);
    const key = this.#index.add(own);
    this.#texts[key] = own;
    this.#by[key] = by;
    this.#subjects[key] = subjectKey;
    this.#heads[key] = NONE;
    this.#completed[key] = -Infinity;
    return key;
  }

  text(key: Key): string {
    return this.#texts[key] as string;
  }

  by(key: Key): readonly Scalar[] {
    return this.#by[key] as readonly Scalar[];
  }

  subjectKey(key: Key): string {
    return this.#subjects[key] as string;
  }

  head(key: Key): Slot {
    return this.#heads[key] as Slot;
  }

  setHead(key: Key, slot: Slot): void {
    this.#heads[key] = slot;
  }

  completed(key: Key): number {
    return this.#completed[key] as number;
  }

  complete(key: Key, until: number): void {
    const before = this.completed(key);
    if (before === -Infinity) {
      this.#completedKeys++;
      this.#completedCharacters += this.text(key).length;
    }
    if (until > before) this.#completed[key] = until;
  }

  forgetCompleted(key: Key): void {
    if (this.completed(key) === -Infinity) return;
    this.#completed[key] = -Infinity;
    this.#completedKeys--;
    this.#completedCharacters -= this.text(key).length;
  }

  /** how many have completed windows */
  get completedKeys(): number {
    return this.#completedKeys;
  }

  /** of their texts, together */
  get completedCharacters(): number {
    return this.#completedCharacters;
  }

  *entries(): Iterable<Key> {
    yield* this.#index.entries();
  }

  /** Frees a group of which nothing is held any more. */
  release(key: Key): void {
    const text = this.#texts[key];
    if (text === undefined || this.head(key) !== NONE || this.completed(key) !== -Infinity) return;
    this.#index.remove(text);
    this.#texts[key] = undefined;
    this.#by[key] = [];
    this.#subjects[key] = "";
  }
}
