import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import {
  kindOf,
  NULL_FLAG,
  type Column,
  type FlagColumn,
  type NumberColumn,
  type TextColumn,
} from "@o2mc/schema/events/columns/column.ts";

/** A column as generated loops take it: a text always has codes, all of one width, so that the loops stay monomorphic. */
export type Vector = TextVector | NumberColumn | FlagColumn;

export interface TextVector extends TextColumn {
  readonly codes: Uint32Array;
}

/** Row numbers, rising. */
export type Selection = Uint32Array;

let identities = new Uint32Array(0);

/** 0, 1, … n - 1; shared, so nobody writes to it. */
export function identity(n: number): Uint32Array {
  if (identities.length < n) identities = Uint32Array.from({ length: Math.max(1024, 2 * n) }, (_, i) => i);
  return identities.subarray(0, n);
}

/** True for codes that `identity` gave: each row has an entry of its own. */
export const isIdentity = (codes: Uint32Array): boolean => codes.buffer === identities.buffer;

export function vectorOf(column: Column, n: number): Vector {
  if (column.kind !== "text") return column;
  const { codes, values } = column;
  if (codes instanceof Uint32Array) return { kind: "text", codes, values };
  return { kind: "text", codes: codes === undefined ? identity(n) : new Uint32Array(codes), values };
}

/** A column that is null in every row. */
export function nullVector(type: FieldType, n: number): Vector {
  const kind = kindOf(type);
  switch (kind) {
    case "text":
      return { kind, codes: new Uint32Array(n), values: [null] };
    case "number":
      return { kind, values: new Float64Array(n).fill(NaN) };
    case "flag":
      return { kind, values: new Uint8Array(n).fill(NULL_FLAG) };
  }
}
