export interface RoundsOptions {
  /** does what is to be done now; returns after how many ms it wants to be called again */
  readonly round: () => Promise<number>;
  /** told why a round failed; the next comes after `retryMs` */
  readonly failed: (error: unknown) => void;
  readonly retryMs: number;
  /** listens to what asks for a round before its time; returns what ends that */
  readonly listen?: (wake: () => void) => () => Promise<void>;
}

/** One round after the other, never two at once, each when it is due or when it is asked for. */
export class Rounds {
  readonly #options: RoundsOptions;
  #wake: (() => void) | undefined;
  #pending = false;
  #stopped = false;
  #done: Promise<void> | undefined;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#unlisten = this.#options.listen?.(() => this.#notify());
    this.#done = this.#run();
  }

  /** Resolves when the round that is under way is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#notify();
    await this.#unlisten?.();
    await this.#done;
  }

  #notify(): void {
    this.#pending = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { round, failed, retryMs } = this.#options;
    while (!this.#stopped) {
      // asked for while it runs, it is run again: it may have looked before what it was asked for was there
      this.#pending = false;
      let wait = retryMs;
      try {
        wait = await round();
      } catch (error) {
        failed(error);
      }
      if (this.#pending || this.#stopped) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
  }
}
