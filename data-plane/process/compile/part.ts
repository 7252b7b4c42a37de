import { kindOf, NULL_FLAG } from "@o2mc/schema/events/columns/column.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { Unparsable, type PartNode } from "./node.ts";
import type { TextMemos } from "./text-memos.ts";
import type { Selection, Vector } from "./vector.ts";

/** @throws Unparsable for a text that is nothing of the kind, when the node asks whether it is */
export function partOf(node: PartNode, input: Vector, n: number, rows: Selection, memos: TextMemos): Vector {
  if (input.kind !== "text") throw new Error("only texts are parsed");
  const { codes, values } = input;
  const parsed = memos.of(values, node.parser.key) as (readonly Scalar[] | null | undefined)[];
  const at = (code: number): Scalar => {
    const text = values[code] ?? null;
    if (text === null) return node.part === undefined ? true : null;
    const parts = (parsed[code] ??= node.parser.parse(text) ?? null);
    if (node.part !== undefined) return parts?.[node.part] ?? null;
    if (parts === null) throw new Unparsable("the text is nothing of the kind");
    return true;
  };
  const kind = kindOf(node.type);
  if (kind === "text") {
    const made = new Array<string | null>(values.length);
    for (const row of rows) {
      const code = codes[row] as number;
      if (made[code] === undefined) made[code] = at(code) as string | null;
    }
    return { kind, codes, values: made };
  }
  if (kind === "flag") {
    const flags = new Uint8Array(n).fill(NULL_FLAG);
    for (const row of rows) {
      const flag = at(codes[row] as number);
      if (flag !== null) flags[row] = Number(flag);
    }
    return { kind, values: flags };
  }
  const numbers = new Float64Array(n);
  for (const row of rows) numbers[row] = (at(codes[row] as number) as number | null) ?? NaN;
  return { kind, values: numbers };
}
