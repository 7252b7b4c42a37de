/** Messages that are processed and not acknowledged yet, by stream sequence, with the subject to acknowledge on. */
export class Unacknowledged {
  readonly #replies = new Map<number, string>();

  get size(): number {
    return this.#replies.size;
  }

  has(sequence: number): boolean {
    return this.#replies.has(sequence);
  }

  /** A later delivery of the same message replaces the subject. */
  set(sequence: number, reply: string): void {
    this.#replies.set(sequence, reply);
  }

  /** Takes out everything up to `sequence`. */
  take(sequence: number): string[] {
    const replies: string[] = [];
    for (const [key, reply] of this.#replies) {
      if (key > sequence) continue;
      replies.push(reply);
      this.#replies.delete(key);
    }
    return replies;
  }

  clear(): void {
    this.#replies.clear();
  }
}
