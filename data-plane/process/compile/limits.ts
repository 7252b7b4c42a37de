/** As much as a whole event may bring: what a text or a list that an expression makes may hold. */
export const MAX_TEXT = 64 * 1024;
export const MAX_LIST = 1000;
/** entries that the macros of one expression may go through for one row */
export const MAX_ITERATIONS = 10_000;

/** A computed text, a list or an iteration beyond what a row may take. */
export class ValueTooLarge extends Error {
  override readonly name = "ValueTooLarge";
}

/** @throws ValueTooLarge */
export function boundedText(length: number): void {
  if (length > MAX_TEXT) throw new ValueTooLarge(`a text of more than ${MAX_TEXT} characters`);
}

/** @throws ValueTooLarge */
export function boundedList<T>(list: readonly T[]): readonly T[] {
  if (list.length > MAX_LIST) throw new ValueTooLarge(`a list of more than ${MAX_LIST} entries`);
  return list;
}
