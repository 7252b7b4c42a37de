import { createHmac } from "node:crypto";
import type { RotationPeriod } from "@o2mc/schema/consent/policy.ts";
import { keyedHash } from "./keyed-hash.ts";

/** as many hashes at once as rows out of order may ask for */
const MAX_PERIODS = 4;
/** No text in UTF-8 begins so: what an event brings can't be hashed into a period's salt. */
const OF_PERIOD = Uint8Array.of(0xff);

/**
 * Like `keyedHash`, under a key of the period's own: HMAC-SHA256 of its name under the tenant's key. Who has the tenant's
 * key can say it again, in a replay or years later; who has only hashes of two periods can't tell what belongs together.
 */
export function rotatingHash(key: Uint8Array): (unit: RotationPeriod, start: number, text: string) => string {
  const hashes = new Map<string, (text: string) => string>();
  return (unit, start, text) => {
    const period = `${unit} ${start}`;
    let hash = hashes.get(period);
    if (hash === undefined) {
      const [oldest] = hashes.keys();
      if (oldest !== undefined && hashes.size >= MAX_PERIODS) hashes.delete(oldest);
      hash = keyedHash(createHmac("sha256", key).update(OF_PERIOD).update(period).digest());
      hashes.set(period, hash);
    }
    return hash(text);
  };
}
