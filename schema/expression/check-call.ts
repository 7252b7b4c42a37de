import type { ASTNode } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";
import { fail, type CheckContext } from "./context.ts";
import { FUNCTIONS } from "./functions.ts";
import type { ExpressionNode } from "./node.ts";

type Check = (node: ASTNode, context: CheckContext) => ExpressionNode;

const MAX_PATTERN_LENGTH = 256;

/** A call of one of our functions; `check` comes in as an argument because it calls this in turn. */
export function checkCall(
  node: ASTNode,
  name: string,
  argumentNodes: readonly ASTNode[],
  form: "global" | "method",
  context: CheckContext,
  check: Check,
): ExpressionNode {
  if (name === "has" && form === "global") return checkHas(node, argumentNodes, context, check);
  const signature = isFunction(name) ? FUNCTIONS[name] : undefined;
  if (!isFunction(name) || signature === undefined || (signature.form !== "both" && signature.form !== form)) {
    throw fail(
      node,
      context,
      "EXPRESSION_UNSUPPORTED",
      `there is no ${form === "method" ? "method" : "function"} ${name}`,
    );
  }
  if (argumentNodes.length !== signature.parameters.length) {
    throw fail(node, context, "EXPRESSION_TYPE", `${name} takes ${signature.parameters.length} operands`);
  }
  const args = argumentNodes.map((argument) => check(argument, context));
  for (const [i, argument] of args.entries()) {
    if (argument.type === "null" || !signature.parameters[i]?.includes(argument.type)) {
      throw fail(argumentNodes[i] ?? node, context, "EXPRESSION_TYPE", `${name} does not take ${argument.type}`);
    }
  }
  if (name === "matches") checkPattern(argumentNodes[1] ?? node, args[1], context);
  return { kind: "call", type: signature.result, name, arguments: args };
}

function isFunction(name: string): name is keyof typeof FUNCTIONS {
  return Object.hasOwn(FUNCTIONS, name);
}

function checkHas(
  node: ASTNode,
  argumentNodes: readonly ASTNode[],
  context: CheckContext,
  check: Check,
): ExpressionNode {
  const args = argumentNodes.map((argument) => check(argument, context));
  if (args.length !== 1 || args[0]?.kind !== "field") {
    throw fail(node, context, "EXPRESSION_TYPE", "has takes one field");
  }
  return { kind: "call", type: "boolean", name: "has", arguments: args };
}

/** A literal pattern is compiled once, and a bad one is found at publish; RE2 keeps matching linear. */
function checkPattern(node: ASTNode, pattern: ExpressionNode | undefined, context: CheckContext): void {
  if (pattern?.kind !== "literal" || typeof pattern.value !== "string") {
    throw fail(node, context, "EXPRESSION_PATTERN", "the pattern must be a literal");
  }
  if (pattern.value.length > MAX_PATTERN_LENGTH) {
    throw fail(node, context, "EXPRESSION_PATTERN", `the pattern is longer than ${MAX_PATTERN_LENGTH} characters`);
  }
  try {
    RE2JS.compile(pattern.value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "not a pattern";
    throw fail(node, context, "EXPRESSION_PATTERN", reason);
  }
}
