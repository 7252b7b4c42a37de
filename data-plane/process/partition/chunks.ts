import { partitionOf } from "@o2mc/schema/events/partition.ts";
import { select, type Rows } from "../steps/rows.ts";

const MAX_ROWS = 1000;

/**
 * Cuts rows into messages of about a thousand. A row's chunk follows from its id, not from its place: rows that a
 * replay no longer makes (a withdrawal since) then don't shift their neighbours into another message id.
 */
export function chunks(rows: Rows): readonly { readonly index: number; readonly rows: Rows }[] {
  if (rows.n === 0) return [];
  if (rows.n <= MAX_ROWS) return [{ index: 0, rows }];
  const n = 2 ** Math.ceil(Math.log2(rows.n / MAX_ROWS));
  const indices: number[][] = Array.from({ length: n }, () => []);
  rows.id.forEach((id, i) => indices[partitionOf(id, n)]?.push(i));
  return indices.flatMap((part, index) => (part.length === 0 ? [] : [{ index, rows: select(rows, part) }]));
}
