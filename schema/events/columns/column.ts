import type { FieldType } from "../../consent/policy.ts";
import type { Scalar } from "../frame.ts";

/** One column of a frame, in the form in which loops run over it. Nobody changes one in place: pipelines share them. */
export type Column = TextColumn | NumberColumn | FlagColumn;

/** Row i has the value `values[codes[i]]`; without `codes`, `values[i]`. What depends on the text alone is computed once per entry. */
export interface TextColumn {
  readonly kind: "text";
  readonly codes: Codes | undefined;
  readonly values: readonly (string | null)[];
}

export type Codes = Uint8Array | Uint16Array | Uint32Array;

/** Numbers, integers and timestamps (epoch ms); NaN = null. No number of an event is NaN or infinite. */
export interface NumberColumn {
  readonly kind: "number";
  readonly values: Float64Array;
}

/** 0 = false, 1 = true, `NULL_FLAG` = null */
export interface FlagColumn {
  readonly kind: "flag";
  readonly values: Uint8Array;
}

export const NULL_FLAG = 2;

export function kindOf(type: FieldType): Column["kind"] {
  if (type === "string") return "text";
  return type === "boolean" ? "flag" : "number";
}

export function cellAt(column: Column, row: number): Scalar {
  switch (column.kind) {
    case "text":
      return column.values[column.codes === undefined ? row : (column.codes[row] ?? 0)] ?? null;
    case "number": {
      const value = column.values[row];
      return value === undefined || Number.isNaN(value) ? null : value;
    }
    case "flag": {
      const value = column.values[row];
      return value === undefined || value === NULL_FLAG ? null : value === 1;
    }
  }
}

export const cells = (column: Column, n: number): Scalar[] =>
  Array.from({ length: n }, (_, row) => cellAt(column, row));

/** More distinct values than that among the first rows: a dictionary would only cost. */
const SAMPLE = 64;
const MAX_DISTINCT_IN_SAMPLE = SAMPLE / 2;
const MAX_ENTRIES = 65_536;

/** Of at most 65,535 rows. */
export function textColumn(texts: readonly (string | null)[]): TextColumn {
  const plain: TextColumn = { kind: "text", codes: undefined, values: texts };
  if (texts.length < 2 || texts.length > MAX_ENTRIES) return plain;
  const entries = new Map<string | null, number>();
  const values: (string | null)[] = [];
  const codes = new Uint16Array(texts.length);
  let last: string | null | undefined;
  let lastCode = 0;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as string | null;
    if (text !== last) {
      let code = entries.get(text);
      if (code === undefined) {
        code = values.push(text) - 1;
        entries.set(text, code);
        if (values.length > MAX_DISTINCT_IN_SAMPLE && values.length > i / 2) return plain;
      }
      last = text;
      lastCode = code;
    }
    codes[i] = lastCode;
  }
  return { kind: "text", codes, values };
}

export function numberColumn(numbers: readonly (number | null)[]): NumberColumn {
  const values = new Float64Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) values[i] = numbers[i] ?? NaN;
  return { kind: "number", values };
}

export function flagColumn(flags: readonly (boolean | null)[]): FlagColumn {
  const values = new Uint8Array(flags.length);
  for (let i = 0; i < flags.length; i++) values[i] = flags[i] === null ? NULL_FLAG : Number(flags[i]);
  return { kind: "flag", values };
}

/** A column of cells that have the field's type already. */
export function columnOf(type: FieldType, values: readonly Scalar[]): Column {
  switch (kindOf(type)) {
    case "text":
      return textColumn(values as readonly (string | null)[]);
    case "number":
      return numberColumn(values as readonly (number | null)[]);
    case "flag":
      return flagColumn(values as readonly (boolean | null)[]);
  }
}
