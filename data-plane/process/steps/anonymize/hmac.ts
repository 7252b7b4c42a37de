import { createHmac } from "node:crypto";

const CACHE_SIZE = 20_000;

/** Hex HMAC-SHA256 with a bounded memory: the same addresses and names come again and again. */
export function createHash(key: Uint8Array): (text: string) => string {
  let cache = new Map<string, string>();
  return (text) => {
    let digest = cache.get(text);
    if (digest === undefined) {
      digest = createHmac("sha256", key).update(text).digest("hex");
      if (cache.size >= CACHE_SIZE) cache = new Map();
      cache.set(text, digest);
    }
    return digest;
  };
}
