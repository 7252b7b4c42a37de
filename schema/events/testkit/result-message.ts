import { columnOf, numberColumn, textColumn } from "../columns/column.ts";
import type { Scalar } from "../frame.ts";
import { encodeResultFrame, type ResultFrame } from "../result-frame.ts";

/** The message of a frame that a test has written out; a column's type follows from its first value that is not null. */
export function resultMessage({ revision, lane, n, id, subjectKey, policy, columns }: ResultFrame): Uint8Array {
  return encodeResultFrame(
    { revision, lane },
    n,
    textColumn(id),
    {
      subjectKey: subjectKey === undefined ? undefined : textColumn(subjectKey),
      policy: policy === undefined ? undefined : numberColumn(policy),
    },
    Object.entries(columns).map(([name, cells]) => [name, columnOf(typeOf(cells), cells)]),
  );
}

function typeOf(cells: readonly Scalar[]): "string" | "number" | "boolean" {
  const first: unknown = cells.find((cell) => cell !== null);
  if (typeof first === "number") return "number";
  return typeof first === "boolean" ? "boolean" : "string";
}
