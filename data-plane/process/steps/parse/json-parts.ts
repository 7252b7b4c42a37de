import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { jsonPath } from "@o2mc/schema/expression/json-path.ts";
import type { ParseOptions } from "@o2mc/schema/pipeline/steps/parse.ts";
import { asText, valueAt } from "../../compile/functions/json.ts";
import type { Parser } from "../../compile/node.ts";
import { convert } from "./convert.ts";

export function jsonParts(columns: NonNullable<ParseOptions["columns"]>): Parser["parse"] {
  const paths = columns.map(({ as, from = as }) => jsonPath(from) ?? []);
  return (text) => {
    let root: unknown;
    try {
      root = JSON.parse(text);
    } catch {
      return undefined;
    }
    return columns.map(({ type }, i) => ofType(valueAt(root, paths[i] ?? []), type));
  };
}

/** JSON has types of its own: a number in quotes is none. Times are texts there. */
function ofType(value: unknown, type: FieldType): Scalar {
  switch (type) {
    case "string":
      return asText(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value : null;
    case "integer":
      return Number.isSafeInteger(value) ? Number(value) + 0 : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "timestamp":
      return typeof value === "string" ? convert(value, type) : null;
  }
}
