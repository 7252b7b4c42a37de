/**
 * What functions of one text have given in one batch, by the dictionary of the text's column: expressions of all pipelines
 * that ask the same of the same column share it.
 */
export class TextMemos {
  readonly #memos = new Map<readonly unknown[], Map<string, unknown[]>>();

  /** One entry per entry of `values`, undefined where nobody has asked yet. `key` says what the function does. */
  of(values: readonly unknown[], key: string): unknown[] {
    let memos = this.#memos.get(values);
    if (memos === undefined) this.#memos.set(values, (memos = new Map()));
    let memo = memos.get(key);
    if (memo === undefined) memos.set(key, (memo = new Array<unknown>(values.length)));
    return memo;
  }
}
