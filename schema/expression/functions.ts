import type { FieldType } from "../consent/policy.ts";
import type { FunctionName } from "./node.ts";

interface Signature {
  /** `f(x)`, `x.f()` or both */
  readonly form: "global" | "method" | "both";
  /** accepted types of each argument, the receiver first */
  readonly parameters: readonly (readonly FieldType[])[];
  readonly result: FieldType;
}

const TEXT: readonly FieldType[] = ["string"];

/** Every function but `has` and `in`, which the checker treats itself. */
export const FUNCTIONS: Readonly<Record<Exclude<FunctionName, "has" | "in">, Signature>> = {
  /** length in code points */
  size: { form: "both", parameters: [TEXT], result: "integer" },
  startsWith: { form: "method", parameters: [TEXT, TEXT], result: "boolean" },
  endsWith: { form: "method", parameters: [TEXT, TEXT], result: "boolean" },
  contains: { form: "method", parameters: [TEXT, TEXT], result: "boolean" },
  /** RE2 pattern, found anywhere; the pattern must be a literal */
  matches: { form: "both", parameters: [TEXT, TEXT], result: "boolean" },
  lowerAscii: { form: "both", parameters: [TEXT], result: "string" },
  string: {
    form: "global",
    parameters: [["string", "number", "integer", "boolean", "timestamp"]],
    result: "string",
  },
  /** of a number: towards zero; of a timestamp: whole seconds since the epoch */
  int: { form: "global", parameters: [["string", "number", "integer", "timestamp"]], result: "integer" },
  double: { form: "global", parameters: [["string", "number", "integer"]], result: "number" },
  /** of RFC 3339 text */
  timestamp: { form: "global", parameters: [["string", "timestamp"]], result: "timestamp" },
  /** n-th non-empty segment of a path, from 0, without query and fragment; null when there is none */
  pathSegment: { form: "global", parameters: [TEXT, ["integer"]], result: "string" },
  /** lower-case hex of the UTF-8 text */
  sha256: { form: "global", parameters: [TEXT], result: "string" },
};
