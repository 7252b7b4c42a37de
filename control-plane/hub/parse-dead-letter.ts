import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";

/** undefined when it cannot be read: one such letter must not keep the others. */
export function parseDeadLetter(data: Uint8Array): DeadLetter | undefined {
  try {
    const letter: unknown = JSON.parse(new TextDecoder().decode(data));
    return typeof letter === "object" && letter !== null ? (letter as DeadLetter) : undefined;
  } catch {
    return undefined;
  }
}
