interface Waiting<T, R> {
  readonly item: T;
  readonly done: (result: R) => void;
  readonly failed: (reason: unknown) => void;
}

/**
 * Writes what is added in its order, one group after the other: while one is written the next gathers. Who has nobody
 * before it is written at once and alone.
 */
export class GroupCommit<T, R> {
  readonly #write: (items: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>;
  readonly #most: number;
  #waiting: Waiting<T, R>[] = [];
  #writing = false;

  /** `write` gets at most `most` items, tells of each what came of it, and is called again when it has ended. */
  constructor(most: number, write: (items: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>) {
    this.#most = most;
    this.#write = write;
  }

  add(item: T): Promise<R> {
    return new Promise((done, failed) => {
      this.#waiting.push({ item, done, failed });
      if (!this.#writing) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#writing = true;
    // what is added in the same turn belongs together
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#most);
      try {
        const results = await this.#write(group.map(({ item }) => item));
        for (const [i, { done, failed }] of group.entries()) {
          const result = results[i];
          if (result?.status === "fulfilled") done(result.value);
          else failed(result?.reason);
        }
      } catch (error) {
        for (const { failed } of group) failed(error);
      }
    }
    this.#writing = false;
  }
}
