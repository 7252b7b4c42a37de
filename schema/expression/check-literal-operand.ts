import type { ASTNode } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";
import { fail, type CheckContext } from "./context.ts";
import type { ParameterType } from "./functions/overload.ts";
import { jsonPath } from "./json-path.ts";
import type { ExpressionNode } from "./node.ts";

const MAX_PATTERN_LENGTH = 256;
/** instructions: what a pattern such as `(\pL{50}){19}` takes in memory and time, however short it is */
const MAX_PATTERN_SIZE = 2000;

export const DATE_UNITS: readonly string[] = ["hour", "day", "week", "month", "year"];

/** Operands that are compiled once, so that a bad one is found at publish. */
export function checkLiteralOperand(
  parameter: ParameterType,
  operand: ExpressionNode,
  node: ASTNode,
  context: CheckContext,
): void {
  const literal = operand.kind === "literal" && typeof operand.value === "string" ? operand.value : undefined;
  switch (parameter) {
    case "pattern":
      if (literal === undefined) throw fail(node, context, "EXPRESSION_PATTERN", "the pattern must be a literal");
      return checkPattern(literal, node, context);
    case "path":
      if (literal !== undefined && jsonPath(literal) !== undefined) return;
      throw fail(node, context, "EXPRESSION_PATTERN", "the path must be a literal such as a.b[0], of up to 32 parts");
    case "unit":
      if (literal !== undefined && DATE_UNITS.includes(literal)) return;
      throw fail(node, context, "EXPRESSION_PATTERN", `the unit must be one of ${DATE_UNITS.join(", ")}`);
    case "zone":
      if (literal === undefined || isZone(literal)) return;
      throw fail(node, context, "EXPRESSION_PATTERN", `there is no time zone ${JSON.stringify(literal)}`);
    default:
  }
}

/** RE2 keeps matching linear. */
function checkPattern(pattern: string, node: ASTNode, context: CheckContext): void {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw fail(node, context, "EXPRESSION_PATTERN", `the pattern is longer than ${MAX_PATTERN_LENGTH} characters`);
  }
  let size: number;
  try {
    size = RE2JS.compile(pattern).programSize();
  } catch (error) {
    const reason = error instanceof Error ? error.message : "not a pattern";
    throw fail(node, context, "EXPRESSION_PATTERN", reason);
  }
  if (size > MAX_PATTERN_SIZE) {
    throw fail(node, context, "EXPRESSION_PATTERN", `the pattern takes ${size} instructions, of ${MAX_PATTERN_SIZE}`);
  }
}

const OFFSET = /^[+-]?\d\d:\d\d$/;

export function isZone(zone: string): boolean {
  if (OFFSET.test(zone)) return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
