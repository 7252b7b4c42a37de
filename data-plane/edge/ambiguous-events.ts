const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_ARRAY, OPEN_OBJECT, CLOSE_ARRAY, CLOSE_OBJECT] = [0x5b, 0x7b, 0x5d, 0x7d];

/**
 * The events of a valid JSON text, by index, that name something twice in their envelope or their consent: JSON.parse
 * takes the last, another reader on the way may have taken the first (RFC 8259, section 4), and nobody knows which of the
 * two the subject has agreed to. What stands twice in `data` is the sender's own affair.
 */
export function ambiguousEvents(text: string): ReadonlySet<number> {
  const found = new Set<number>();
  const envelope = new Set<string>();
  const consent = new Set<string>();
  let top = 1;
  let event = 0;
  let depth = 0;
  let inConsent = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = stringEnd(text, at);
        if (depth === top || (inConsent && depth === top + 1)) {
          const next = skipSpace(text, end + 1);
          if (text.charCodeAt(next) === COLON) {
            const name = nameOf(text, at, end);
            const names = depth === top ? envelope : consent;
            if (names.has(name)) found.add(event);
            names.add(name);
            if (depth === top) inConsent = name === "consent";
          }
        }
        at = end;
        break;
      }
      case OPEN_ARRAY:
        if (depth === 0) top = 2;
        depth++;
        break;
      case OPEN_OBJECT:
        depth++;
        if (depth === top) envelope.clear();
        else if (depth === top + 1) consent.clear();
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth--;
        break;
      case COMMA:
        if (depth === 1 && top === 2) event++;
    }
  }
  return found;
}

/** Whether one JSON object, such as a statement of consent, names something twice. */
export const isAmbiguous = (text: string): boolean => ambiguousEvents(text).size > 0;

/** Where the string that begins at `start` has its closing quote. */
function stringEnd(text: string, start: number): number {
  for (let from = start + 1; ;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return text.length;
    let first = quote;
    while (text.charCodeAt(first - 1) === BACKSLASH) first--;
    // an even number of backslashes escapes only each other
    if ((quote - first) % 2 === 0) return quote;
    from = quote + 1;
  }
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function nameOf(text: string, start: number, end: number): string {
  const name = text.slice(start + 1, end);
  return name.includes("\\") ? (JSON.parse(`"${name}"`) as string) : name;
}
