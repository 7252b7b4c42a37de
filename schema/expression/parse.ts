import { Environment, ParseError } from "@marcbachmann/cel-js";
import type { FieldType } from "../consent/policy.ts";
import { check } from "./check.ts";
import type { CheckContext } from "./context.ts";
import { ExpressionError } from "./error.ts";
import type { ExpressionNode } from "./node.ts";
import { isFieldType } from "./value-type.ts";

export { ExpressionError };

const MAX_SOURCE_BYTES = 4096;
const MAX_NODES = 400;

/** Names are ours to check, so the library only parses; its limits keep hostile sources cheap. */
const parser = new Environment({
  unlistedVariablesAreDyn: true,
  enableOptionalTypes: true,
  limits: { maxAstNodes: MAX_NODES, maxDepth: 64, maxListElements: 256, maxMapEntries: 256, maxCallArguments: 8 },
});

/**
 * Envelope attributes that every lane sees, with their types. Readable as `event["$type"]` wherever rows are still
 * events; a stateful step makes other rows, which have none.
 */
export const ENVELOPE_TYPES: ReadonlyMap<string, FieldType> = new Map<string, FieldType>([
  ["$type", "string"],
  ["$time", "timestamp"],
  ["$id", "string"],
  ["$source", "string"],
]);

export interface CheckedExpression {
  readonly type: FieldType;
  /** paths that the expression reads, each once, in order of appearance */
  readonly fields: readonly string[];
  readonly ast: ExpressionNode;
}

interface CheckOptions {
  /** false = rows are no longer events, so that the envelope is gone (default true) */
  readonly envelope?: boolean;
}

/**
 * Parses a CEL expression over `event` and checks it against the declared columns. `FUNCTIONS.md` has the language, and
 * how it differs from CEL: a missing value is null, which all pass on but `&&`, `||`, `has`, `orValue` and a comparison
 * with the literal `null`; what is an error in CEL is null too.
 *
 * @throws ExpressionError with code, line and column
 */
export function checkExpression(
  source: string,
  columns: ReadonlyMap<string, FieldType>,
  expected?: FieldType,
  options: CheckOptions = {},
): CheckedExpression {
  const context: CheckContext = {
    source,
    fields: new Set(),
    fieldType: (path) => columns.get(path) ?? (options.envelope === false ? undefined : ENVELOPE_TYPES.get(path)),
    paths: () => [...columns.keys(), ...(options.envelope === false ? [] : ENVELOPE_TYPES.keys())],
    variables: new Map(),
    depth: 0,
  };
  const ast = check(parse(source), context);
  const { type } = ast;
  if (type === "null") throw new ExpressionError("EXPRESSION_TYPE", "the value is always null", source, 0);
  if (!isFieldType(type)) {
    const found = `a column can't hold ${type}; ${type === "duration" ? "getSeconds()" : "join(), size() or an index"} makes a value of it`;
    throw new ExpressionError("EXPRESSION_TYPE", found, source, 0, { found: type });
  }
  const fits = expected === undefined || type === expected || (expected === "number" && type === "integer");
  if (!fits) {
    const details = { expected, found: type };
    throw new ExpressionError("EXPRESSION_TYPE", `expected ${expected}, but this is ${type}`, source, 0, details);
  }
  return { type, fields: [...context.fields], ast };
}

function parse(source: string) {
  if (Buffer.byteLength(source) > MAX_SOURCE_BYTES) {
    throw new ExpressionError("EXPRESSION_TOO_LARGE", `longer than ${MAX_SOURCE_BYTES} bytes`, source, 0);
  }
  try {
    return parser.parse(source).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const code = error.code === "limit_exceeded" ? "EXPRESSION_TOO_LARGE" : "EXPRESSION_SYNTAX";
    throw new ExpressionError(code, error.summary, source, error.range?.start ?? 0, { cause: error });
  }
}
