import { Buffer } from "node:buffer";

/** V8 cuts no shorter text out of another by reference. */
const SHORTEST_SLICE = 13;
const GENERATION = 16_384;

/**
 * A copy with memory of its own. A text of a frame is a piece of the frame's whole text; in state it would keep all of
 * that in memory.
 */
export function ownText(text: string): string {
  if (text.length < SHORTEST_SLICE) return text;
  return Buffer.from(text, "utf16le").toString("utf16le");
}

/** Copies for state, the same one for a text that comes again: pages and campaigns do. Two bounded generations. */
export class TextPool {
  #current = new Map<string, string>();
  #previous = new Map<string, string>();

  own(text: string): string {
    if (text.length < SHORTEST_SLICE) return text;
    let known = this.#current.get(text);
    if (known === undefined) {
      known = this.#previous.get(text) ?? ownText(text);
      if (this.#current.size >= GENERATION) {
        this.#previous = this.#current;
        this.#current = new Map();
      }
      this.#current.set(known, known);
    }
    return known;
  }
}
