import { cellAt } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { isIdentity, type Selection, type Vector } from "../../compile/vector.ts";
import { ownText } from "../text-pool.ts";

const NULL = "\0";

/** Different for different values of one column's type, null among them; most texts stand for themselves. */
function textOf(value: Scalar): string {
  if (value === null) return NULL;
  if (typeof value !== "string") return String(value);
  return value.startsWith(NULL) ? NULL + value : value;
}

/** Different for different groups of the same columns. */
export function keyText(by: readonly Scalar[]): string {
  const [only = null] = by;
  if (by.length < 2) return textOf(only);
  return by.map((value) => textOf(value)).reduce((text, part) => `${text}${part.length}:${part}`, "");
}

/** The values of a row's group; texts may be a piece of the frame's. */
export const groupOf = (by: readonly Vector[], row: number): Scalar[] => by.map((column) => cellAt(column, row));

/** For state, which outlives the frame. */
export const ownGroup = (by: readonly Scalar[]): Scalar[] =>
  by.map((value) => (typeof value === "string" ? ownText(value) : value));

export interface GroupCodes {
  /** of each row */
  readonly codes: Uint32Array | Uint8Array;
  readonly size: number;
}

/** Above that many a table of them would cost more than it saves. */
const MAX_CODES = 4096;

/** A small number for each row, the same for the same group, so that it is looked up once a batch; undefined = there is no cheap one. */
export function groupCodes(by: readonly Vector[], rows: Selection, n: number): GroupCodes | undefined {
  let size = 1;
  const columns: (GroupCodes & { readonly step: number })[] = [];
  for (const column of by) {
    if (column.kind === "number" || (column.kind === "text" && isIdentity(column.codes))) return undefined;
    const own =
      column.kind === "text" ? { codes: column.codes, size: column.values.length } : { codes: column.values, size: 3 };
    columns.push({ ...own, step: size });
    size *= own.size;
    if (size > MAX_CODES) return undefined;
  }
  const [one] = columns;
  if (columns.length === 1 && one !== undefined) return one;
  const codes = new Uint32Array(n);
  for (const column of columns) {
    for (const row of rows) codes[row] = (codes[row] as number) + (column.codes[row] as number) * column.step;
  }
  return { codes, size };
}
