import { createHmac } from "node:crypto";

const GENERATION = 50_000;
const KEY_LENGTH = 22;

/** `subjectKey` of a subject: the first 22 characters of base64url(HMAC-SHA256(salt, subject)); the salt is hex. */
export function subjectKeys(saltHex: string): (subject: string) => string {
  const salt = Buffer.from(saltHex, "hex");
  // two generations are a cheap LRU: what was not asked for in one whole generation is forgotten
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  return (subject) => {
    const known = young.get(subject);
    if (known !== undefined) return known;
    const key = old.get(subject) ?? createHmac("sha256", salt).update(subject).digest("base64url").slice(0, KEY_LENGTH);
    if (young.size >= GENERATION) {
      old = young;
      young = new Map();
    }
    young.set(subject, key);
    return key;
  };
}
