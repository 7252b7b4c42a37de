interface Heard {
  readonly at: number;
  /** its longest pause of late, ms; undefined = there was none yet */
  readonly usual: number | undefined;
}

/** the edge notes a source's uses once in ten minutes */
const SHORTEST_MS = 30 * 60_000;
/** by which a long pause counts less with each that follows */
const FADING = 0.95;

/**
 * Tells which sources are silent for twice as long as they are now and then. One that has not come back once since we look
 * is not judged: nobody knows what is usual for it.
 */
export class Silences {
  readonly #heard = new Map<string, Heard>();

  /** True when the source, which was heard last at `at`, is silent at `now` (epoch ms). */
  look(source: string, at: number, now: number): boolean {
    const before = this.#heard.get(source);
    let usual = before?.usual;
    if (before !== undefined && at > before.at) usual = Math.max((usual ?? 0) * FADING, at - before.at);
    this.#heard.set(source, { at, usual });
    return usual !== undefined && now - at > Math.max(SHORTEST_MS, 2 * usual);
  }
}
