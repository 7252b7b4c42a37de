import type { BucketFollower } from "@o2mc/runtime/watch-bucket.ts";

/** The values of a followed KV bucket, in memory. */
export class BucketCopy<T> implements BucketFollower {
  readonly #values = new Map<string, T>();
  readonly #read: (value: Uint8Array) => T;
  #resolve: () => void = () => undefined;
  #known = this.#unknown();
  #complete = false;

  /** `read` must not throw */
  constructor(read: (value: Uint8Array) => T) {
    this.#read = read;
  }

  /** false = not read yet, or the connection is lost: what is here may be old */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** resolves when it is complete the next time; at once when it is */
  get known(): Promise<void> {
    return this.#known;
  }

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  put(key: string, value: Uint8Array): void {
    this.#values.set(key, this.#read(value));
  }

  gone(key: string): void {
    this.#values.delete(key);
  }

  complete(): void {
    this.#complete = true;
    this.#resolve();
  }

  stale(): void {
    if (this.#complete) this.#known = this.#unknown();
    this.#complete = false;
  }

  #unknown(): Promise<void> {
    return new Promise((resolve) => (this.#resolve = resolve));
  }
}
