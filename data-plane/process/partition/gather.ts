import type { Column, TextColumn } from "@o2mc/schema/events/columns/column.ts";
import { isIdentity, type Selection, type TextVector, type Vector } from "../compile/vector.ts";

/** The column at `rows` only. No text of another row comes along, as a dictionary's unused entries would. */
export function gather(vector: Vector, rows: Selection): Column {
  switch (vector.kind) {
    case "text":
      return gatherText(vector, rows);
    case "number": {
      const values = new Float64Array(rows.length);
      for (let i = 0; i < rows.length; i++) values[i] = vector.values[rows[i] as number] as number;
      return { kind: "number", values };
    }
    case "flag": {
      const values = new Uint8Array(rows.length);
      for (let i = 0; i < rows.length; i++) values[i] = vector.values[rows[i] as number] as number;
      return { kind: "flag", values };
    }
  }
}

function gatherText({ codes, values }: TextVector, rows: Selection): TextColumn {
  if (isIdentity(codes)) {
    const own = new Array<string | null>(rows.length);
    for (let i = 0; i < rows.length; i++) own[i] = values[rows[i] as number] ?? null;
    return { kind: "text", codes: undefined, values: own };
  }
  /** new code + 1 by old code */
  const known = new Uint32Array(values.length);
  const kept: (string | null)[] = [];
  const made = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const code = codes[rows[i] as number] as number;
    let now = known[code] as number;
    if (now === 0) known[code] = now = kept.push(values[code] ?? null);
    made[i] = now - 1;
  }
  // as many entries as rows: each has its own, in the rows' order
  return { kind: "text", codes: kept.length === rows.length ? undefined : made, values: kept };
}
