import type { ASTNode } from "@marcbachmann/cel-js";
import { checkLiteralOperand } from "./check-literal-operand.ts";
import { fail, type Check, type CheckContext } from "./context.ts";
import { OVERLOADS, type Overload } from "./functions/overload.ts";
import { fillType, matchType, type Bindings } from "./match-type.ts";
import { MACROS } from "./macros.ts";
import { nearest } from "./nearest.ts";
import type { ExpressionNode } from "./node.ts";

/** A call of one of the functions in `FUNCTIONS.md`. */
export function checkCall(
  node: ASTNode,
  name: string,
  argumentNodes: readonly ASTNode[],
  form: Overload["form"],
  context: CheckContext,
  check: Check,
): ExpressionNode {
  const overloads = OVERLOADS[form].get(name);
  if (overloads === undefined) throw unknown(node, name, form, context);
  const args = argumentNodes.map((argument) => check(argument, context));
  for (const overload of overloads) {
    const bindings: Bindings = new Map();
    if (mismatch(overload, args, bindings) !== undefined) continue;
    args.forEach((argument, i) =>
      checkLiteralOperand(parameterOf(overload, i), argument, argumentNodes[i] ?? node, context),
    );
    return { kind: "call", type: fillType(overload.result, bindings), signature: overload.signature, arguments: args };
  }
  throw unfit(node, argumentNodes, args, overloads, context);
}

function parameterOf({ parameters }: Overload, i: number) {
  return parameters[Math.min(i, parameters.length - 1)] ?? "null";
}

/** The first operand that the overload does not take; -1 when their number is wrong. */
function mismatch(overload: Overload, args: readonly ExpressionNode[], bindings: Bindings): number | undefined {
  if (args.length < overload.parameters.length || args.length > overload.most) return -1;
  const at = args.findIndex(({ type }, i) => !matchType(parameterOf(overload, i), type, bindings));
  return at < 0 ? undefined : at;
}

function unknown(node: ASTNode, name: string, form: Overload["form"], context: CheckContext) {
  const other = form === "method" ? "function" : "method";
  const elsewhere = OVERLOADS[other].get(name)?.[0];
  const message = `there is no ${form} ${name}`;
  if (elsewhere !== undefined) {
    return fail(node, context, "EXPRESSION_UNKNOWN_FUNCTION", `${message}; it is written ${elsewhere.signature}`);
  }
  const known = [
    ...OVERLOADS[form].keys(),
    ...MACROS.filter((macro) => macro.form === form).map((macro) => macro.name),
  ];
  return fail(node, context, "EXPRESSION_UNKNOWN_FUNCTION", message, { near: nearest(name, known) });
}

/** About the overload that goes furthest. */
function unfit(
  node: ASTNode,
  argumentNodes: readonly ASTNode[],
  args: readonly ExpressionNode[],
  overloads: readonly Overload[],
  context: CheckContext,
) {
  const fits = overloads.map((overload) => mismatch(overload, args, new Map()) ?? -1);
  const furthest = Math.max(...fits);
  const name = overloads[0]?.name ?? "";
  if (furthest < 0) {
    const forms = overloads.map(({ signature }) => signature).join(" or ");
    return fail(node, context, "EXPRESSION_TYPE", `${name} is ${forms}`);
  }
  const wanted = overloads.filter((_, i) => fits[i] === furthest).map((overload) => parameterOf(overload, furthest));
  const expected = [...new Set(wanted)].join(" or ");
  const found = args[furthest]?.type ?? "null";
  const message = `${name} takes ${expected} here, and this is ${found}`;
  return fail(argumentNodes[furthest] ?? node, context, "EXPRESSION_TYPE", message, { expected, found });
}
