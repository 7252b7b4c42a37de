import { z } from "zod";
import { ownText } from "../text-pool.ts";
import type { Memory } from "../step.ts";
import { subjectPart } from "../subject-key.ts";

const ENTRY_BYTES = 100;

const schema = z.object({
  /** per span: its number, its keys and the time of each */
  spans: z.array(z.tuple([z.number(), z.array(z.string()), z.array(z.number())])),
});
type State = z.infer<typeof schema>;

/**
 * The events that have gone on, by key and time. Time is cut into spans of the window's length: in one of them a key can
 * only be once, and what is at most the window away lies in it or in one of its neighbours.
 */
export class Seen implements Memory {
  readonly #window: number;
  readonly #spans = new Map<number, Map<string, number>>();
  #bytes = 0;
  /** the end of the watermark's use for the oldest span */
  #firstExpiry = Infinity;

  constructor(window: number) {
    this.#window = window;
  }

  get bytes(): number {
    return this.#bytes;
  }

  growth(key: string): number {
    return ENTRY_BYTES + 2 * key.length;
  }

  /** Whether one with the key has gone on at most the window away. */
  has(key: string, time: number): boolean {
    const span = this.#spanOf(time);
    for (let near = span - 1; near <= span + 1; near++) {
      const seen = this.#spans.get(near)?.get(key);
      if (seen !== undefined && Math.abs(seen - time) <= this.#window) return true;
    }
    return false;
  }

  /** One that `has` says no to. */
  add(key: string, time: number): void {
    const span = this.#spanOf(time);
    let keys = this.#spans.get(span);
    if (keys === undefined) {
      this.#spans.set(span, (keys = new Map()));
      this.#firstExpiry = Math.min(this.#firstExpiry, this.#expiry(span));
    }
    keys.set(ownText(key), time);
    this.#bytes += this.growth(key);
  }

  expire(watermark: number): void {
    if (watermark < this.#firstExpiry) return;
    this.#firstExpiry = Infinity;
    for (const [span, keys] of this.#spans) {
      if (this.#expiry(span) > watermark) {
        this.#firstExpiry = Math.min(this.#firstExpiry, this.#expiry(span));
        continue;
      }
      for (const key of keys.keys()) this.#bytes -= this.growth(key);
      this.#spans.delete(span);
    }
  }

  erase(subjectKey: string): void {
    const own = subjectPart(subjectKey);
    for (const keys of this.#spans.values()) {
      for (const key of keys.keys()) {
        if (!key.startsWith(own)) continue;
        keys.delete(key);
        this.#bytes -= this.growth(key);
      }
    }
  }

  snapshot(): State {
    return { spans: [...this.#spans].map(([span, keys]) => [span, [...keys.keys()], [...keys.values()]]) };
  }

  restore(state: unknown): void {
    for (const [, keys, times] of schema.parse(state).spans) keys.forEach((key, i) => this.add(key, times[i] ?? 0));
  }

  #spanOf(time: number): number {
    return Math.floor(time / this.#window);
  }

  /** An event is late beyond one window behind the watermark, and asks for what is one window older. */
  #expiry(span: number): number {
    return (span + 3) * this.#window;
  }
}
