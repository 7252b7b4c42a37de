import { hmacSha256 } from "@o2mc/runtime/hmac.ts";
import { TextIndex } from "../text-index.ts";
import { ownText } from "../text-pool.ts";

/** of each of two generations: an address or a name that comes again and again is found in one of them */
const GENERATION = 32_768;

/** Hex HMAC-SHA256 of texts under one key, with a bounded memory of the latest. */
export function keyedHash(key: Uint8Array): (text: string) => string {
  const digest = hmacSha256(key, "hex");
  let current = new Digests();
  let previous = new Digests();
  return (text) => {
    let known = current.find(text);
    if (known === undefined) {
      known = previous.find(text) ?? digest(text);
      if (current.size >= GENERATION) {
        previous = current;
        current = new Digests();
      }
      current.add(text, known);
    }
    return known;
  };
}

class Digests {
  readonly #texts = new TextIndex();
  readonly #digests: string[] = [];

  get size(): number {
    return this.#digests.length;
  }

  find(text: string): string | undefined {
    const entry = this.#texts.find(text);
    return entry < 0 ? undefined : this.#digests[entry];
  }

  add(text: string, digest: string): void {
    this.#digests[this.#texts.add(ownText(text))] = digest;
  }
}
