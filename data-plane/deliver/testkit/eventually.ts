import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";

/** Looks until `look` gives `wanted`; after `patienceMs` it fails with the difference. */
export async function eventually<T>(look: () => T | Promise<T>, wanted: T, patienceMs = 40_000): Promise<void> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      expect(await look()).toEqual(wanted);
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(50);
    }
  }
}
