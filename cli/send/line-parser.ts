/** Turns one line (number from 1) into an event; throws a LineError with the reason when it cannot. */
export type LineParser = (line: string, number: number) => object;

export class LineError extends Error {
  override readonly name = "LineError";
}
