import type { FieldType } from "@o2mc/schema/consent/policy.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { CONVERSIONS } from "../../compile/functions/conversions.ts";

/** A piece of text as a value of the type, as expressions convert it; null when it is none. */
export function convert(text: string | undefined, type: FieldType): Scalar {
  if (text === undefined) return null;
  switch (type) {
    case "string":
      return text;
    case "number":
      return finite(CONVERSIONS["double(string): number"](text));
    case "integer":
      return finite(CONVERSIONS["int(string): integer"](text));
    case "boolean":
      return CONVERSIONS["bool(string): boolean"](text);
    case "timestamp":
      return finite(CONVERSIONS["timestamp(string): timestamp"](text));
  }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
