import { FIELD_PATH } from "../consent/policy.ts";

const TOKEN = /[$A-Za-z_][$\w.]*/g;

/**
 * Names of columns that a step which is wrong would have made or changed: what a later step that speaks of one has wrong
 * may come of that alone, so nobody is told of it.
 */
export class Doubtful {
  readonly #names: Set<string>;

  constructor(names: Iterable<string> = []) {
    this.#names = new Set(names);
  }

  fork(): Doubtful {
    return new Doubtful(this.#names);
  }

  add(step: unknown): void {
    for (const text of textsIn(step)) if (FIELD_PATH.test(text)) this.#names.add(text);
  }

  concerns(step: unknown): boolean {
    if (this.#names.size === 0) return false;
    for (const text of textsIn(step)) {
      for (const [token] of text.matchAll(TOKEN)) {
        const path = token.replace(/^event\./, "");
        for (const name of this.#names) if (path === name || path.startsWith(`${name}.`)) return true;
      }
    }
    return false;
  }
}

/** No recursion: what nobody has checked may be as deep as it likes. */
function textsIn(value: unknown): readonly string[] {
  const texts: string[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "string") texts.push(next);
    else if (typeof next === "object" && next !== null) open.push(...Object.values(next));
  }
  return texts;
}
