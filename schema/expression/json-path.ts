const PART = /(?:^|\.)([A-Za-z_$][\w$-]*)|\[(\d{1,6})\]|\["([^"\\\]]+)"\]/y;
const MAX_PARTS = 32;

/** The keys and indexes of a path such as `a.b[0]["c d"]`; undefined when it is none. */
export function jsonPath(path: string): readonly (string | number)[] | undefined {
  const parts: (string | number)[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < path.length) {
    const match = PART.exec(path);
    if (match === null || parts.length === MAX_PARTS) return undefined;
    const [, name, index, quoted] = match;
    parts.push(index === undefined ? (name ?? quoted ?? "") : Number(index));
  }
  return parts.length === 0 ? undefined : parts;
}
