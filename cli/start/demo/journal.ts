import { existsSync, readFileSync } from "node:fs";
import { writePrivate } from "../data-folder.ts";

type Entry = Readonly<Record<string, string>>;

/**
 * What the set-up has done already. A step is done once: what its user changes or revokes afterwards stays that way at
 * the next start. A start that was killed between a step and its entry finds the thing by its name.
 */
export class Journal {
  readonly #file: string;
  readonly #entries: Record<string, Entry>;

  constructor(file: string) {
    this.#file = file;
    this.#entries = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, Entry>) : {};
  }

  async once<T extends Entry>(step: string, work: () => Promise<T>): Promise<T> {
    const done = this.#entries[step];
    if (done !== undefined) return done as T;
    const entry = await work();
    this.set(step, entry);
    return entry;
  }

  set(step: string, entry: Entry): void {
    this.#entries[step] = entry;
    writePrivate(this.#file, JSON.stringify(this.#entries, null, 2));
  }
}
