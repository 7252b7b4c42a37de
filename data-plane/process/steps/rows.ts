import type { Scalar } from "@o2mc/schema/events/frame.ts";

/** Columnar rows between two steps. Nobody changes an array in place: pipelines of a lane share them. */
export interface Rows {
  readonly n: number;
  /** result id of each row */
  readonly id: readonly string[];
  /** event time of each row, epoch ms: what sessions and windows go by */
  readonly time: readonly number[];
  /** absent once rows are about several subjects */
  readonly subjectKey: readonly string[] | undefined;
  /** watermark as each row arrived, rows before it counted, so that frame boundaries make no difference; absent behind a stateful step */
  readonly watermark: ArrayLike<number> | undefined;
  readonly columns: ReadonlyMap<string, readonly Scalar[]>;
}

export const NO_ROWS: Rows = { n: 0, id: [], time: [], subjectKey: [], watermark: undefined, columns: new Map() };

/** The rows at `indices`, which rise. */
export function select(rows: Rows, indices: readonly number[]): Rows {
  if (indices.length === rows.n) return rows;
  const pick = <T>(values: ArrayLike<T>): T[] => indices.map((i) => values[i] as T);
  const columns = new Map<string, readonly Scalar[]>();
  for (const [name, values] of rows.columns) columns.set(name, pick(values));
  return {
    n: indices.length,
    id: pick(rows.id),
    time: pick(rows.time),
    subjectKey: rows.subjectKey === undefined ? undefined : pick(rows.subjectKey),
    watermark: rows.watermark === undefined ? undefined : pick(rows.watermark),
    columns,
  };
}

/** Rows of two batches with the same columns, in order. */
export function concat(a: Rows, b: Rows): Rows {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const columns = new Map<string, readonly Scalar[]>();
  for (const [name, values] of a.columns) columns.set(name, values.concat(column(b, name)));
  return {
    n: a.n + b.n,
    id: a.id.concat(b.id),
    time: a.time.concat(b.time),
    subjectKey: a.subjectKey && b.subjectKey ? a.subjectKey.concat(b.subjectKey) : undefined,
    watermark: a.watermark && b.watermark ? [...Array.from(a.watermark), ...Array.from(b.watermark)] : undefined,
    columns,
  };
}

/** A column's values; nulls when a frame cut for an older deployment doesn't carry it. */
export function column(rows: Rows, name: string): readonly Scalar[] {
  return rows.columns.get(name) ?? Array.from({ length: rows.n }, () => null);
}

export function withColumns(rows: Rows, added: Iterable<readonly [string, readonly Scalar[]]>): Rows {
  const columns = new Map(rows.columns);
  for (const [name, values] of added) columns.set(name, values);
  return { ...rows, columns };
}

/** One row as an object: what a dead letter shows. */
export function rowObject(rows: Rows, row: number): Record<string, Scalar> {
  return Object.fromEntries([...rows.columns].map(([name, values]) => [name, values[row] ?? null]));
}
