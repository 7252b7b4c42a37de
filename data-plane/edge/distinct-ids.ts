/** The ids of one request. Numbered ids come in order, and what rises cannot repeat: a set is made only for the others. */
export class DistinctIds {
  readonly #rising: string[] = [];
  #all: Set<string> | undefined;

  /** false = it was there already */
  add(id: string): boolean {
    if (this.#all === undefined) {
      const last = this.#rising.at(-1);
      if (last === undefined || id.length > last.length || (id.length === last.length && id > last)) {
        this.#rising.push(id);
        return true;
      }
      this.#all = new Set(this.#rising);
    }
    const before = this.#all.size;
    return this.#all.add(id).size > before;
  }
}
