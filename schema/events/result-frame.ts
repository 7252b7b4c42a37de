import { cells, type Column, type NumberColumn, type TextColumn } from "./columns/column.ts";
import { FrameError, FrameReader } from "./columns/decode.ts";
import { encodeFrame } from "./columns/encode.ts";
import type { Scalar } from "./frame.ts";

/** What holds for a whole frame of results. */
export interface ResultFrameHead {
  /** deployment revision that it was made under */
  readonly revision: number;
  readonly lane: string;
}

/**
 * Rows of one output, columnar, message on `resultSubject`. Message id `<pipeline>.<output>.<partition>.<sequence of the
 * frame that caused it>`: a replay makes the same one, which the hub drops.
 */
export interface ResultFrame extends ResultFrameHead {
  readonly n: number;
  /** result ids, the idempotency key of each row: the same for the same facts, whatever the frame boundaries */
  readonly id: readonly string[];
  /** present when the rows are about one subject each */
  readonly subjectKey?: readonly string[];
  /** the oldest policy version that the subject's own consent to a row was given under, 0 where it was not asked; absent = 0 in all rows */
  readonly policy?: readonly number[];
  readonly columns: Readonly<Record<string, readonly Scalar[]>>;
}

/** `subjectKey` when the rows are about one subject each, `policy` when the consent of some is their subject's own. */
export function encodeResultFrame(
  head: ResultFrameHead,
  n: number,
  id: TextColumn,
  { subjectKey, policy }: { readonly subjectKey?: TextColumn | undefined; readonly policy?: NumberColumn | undefined },
  columns: readonly (readonly [name: string, column: Column])[],
): Uint8Array {
  const own: [string, Column][] = [["#id", id]];
  if (subjectKey !== undefined) own.push(["#key", subjectKey]);
  if (policy !== undefined) own.push(["#policy", policy]);
  return encodeFrame(head, n, [...own, ...columns]);
}

/** @throws FrameError */
export function decodeResultFrame(message: Uint8Array): ResultFrame {
  const reader = new FrameReader(message);
  const { revision, lane } = reader.attributes;
  const id = texts(reader, "#id");
  if (typeof revision !== "number" || typeof lane !== "string" || id === undefined) {
    throw new FrameError("no frame of results");
  }
  const subjectKey = texts(reader, "#key");
  const policy = reader.column("#policy");
  if (policy !== undefined && policy.kind !== "number") throw new FrameError("#policy is no number");
  const names = reader.names.filter((name) => !name.startsWith("#"));
  return {
    revision,
    lane,
    n: reader.n,
    id,
    ...(subjectKey === undefined ? {} : { subjectKey }),
    // what is no number denies, as a version older than any
    ...(policy === undefined
      ? {}
      : { policy: cells(policy, reader.n).map((version) => (version as number | null) ?? Number.MIN_VALUE) }),
    columns: Object.fromEntries(names.map((name) => [name, cells(reader.column(name) as Column, reader.n)])),
  };
}

function texts(reader: FrameReader, name: string): string[] | undefined {
  const column = reader.column(name);
  if (column === undefined) return undefined;
  if (column.kind !== "text") throw new FrameError(`${name} is no text`);
  return cells(column, reader.n).map(String);
}
