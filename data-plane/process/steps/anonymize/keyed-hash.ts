import { createHash, hash } from "node:crypto";
import { ownText } from "../text-pool.ts";

/** of each of two generations: an address or a name that comes again and again is found in one of them */
const GENERATION = 32_768;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * Hex HMAC-SHA256 (RFC 2104) of texts under one key, with a bounded memory of the latest. By two one-shot hashes over
 * prepared pads: 0.9 µs for a short text where createHmac takes 9.5 µs (Node 24).
 */
export function keyedHash(key: Uint8Array): (text: string) => string {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? createHash("sha256").update(key).digest() : key);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  let inner = Buffer.alloc(BLOCK_BYTES + 1024);
  for (let i = 0; i < BLOCK_BYTES; i++) {
    inner[i] = (block[i] as number) ^ 0x36;
    outer[i] = (block[i] as number) ^ 0x5c;
  }
  const digest = (text: string): string => {
    const most = BLOCK_BYTES + text.length * 3;
    if (most > inner.length) inner = Buffer.concat([inner.subarray(0, BLOCK_BYTES)], most);
    const bytes = inner.write(text, BLOCK_BYTES, "utf8");
    outer.set(hash("sha256", inner.subarray(0, BLOCK_BYTES + bytes), "buffer"), BLOCK_BYTES);
    return hash("sha256", outer, "hex");
  };
  let current = new Map<string, string>();
  let previous = new Map<string, string>();
  return (text) => {
    let known = current.get(text);
    if (known === undefined) {
      known = previous.get(text) ?? digest(text);
      if (current.size >= GENERATION) {
        previous = current;
        current = new Map();
      }
      current.set(ownText(text), known);
    }
    return known;
  };
}
