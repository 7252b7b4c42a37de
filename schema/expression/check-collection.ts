import type { ASTNode } from "@marcbachmann/cel-js";
import { fail, type Check, type CheckContext } from "./context.ts";
import type { ExpressionNode } from "./node.ts";
import { commonType, elementOf, entryOf, isFieldType, isNumeric, type ValueType } from "./value-type.ts";

export function checkList(items: readonly ASTNode[], context: CheckContext, check: Check): ExpressionNode {
  const checked = items.map((item) => check(item, context));
  return { kind: "list", type: `list<${commonOf(items, checked, "a list", context)}>`, items: checked };
}

export function checkMap(
  entries: readonly (readonly [ASTNode, ASTNode])[],
  context: CheckContext,
  check: Check,
): ExpressionNode {
  const keyNodes = entries.map(([key]) => key);
  const keys = keyNodes.map((key) => check(key, context));
  const values = entries.map(([, value]) => check(value, context));
  const key = commonOf(keyNodes, keys, "the keys of a map", context);
  const value = commonOf(
    entries.map(([, each]) => each),
    values,
    "a map",
    context,
  );
  const seen = new Set<unknown>();
  for (const [i, each] of keys.entries()) {
    const node = keyNodes[i];
    if (node === undefined) continue;
    if (!["string", "integer", "boolean"].includes(each.type)) {
      const details = { expected: "string, integer or boolean", found: each.type };
      throw fail(node, context, "EXPRESSION_TYPE", `the keys of a map are not ${each.type}`, details);
    }
    if (each.kind !== "literal") continue;
    if (seen.has(each.value)) throw fail(node, context, "EXPRESSION_TYPE", "the map has this key twice");
    seen.add(each.value);
  }
  return {
    kind: "map",
    type: `map<${key},${value}>`,
    items: keys.flatMap((each, i) => {
      const of = values[i];
      return of === undefined ? [] : [each, of];
    }),
  };
}

function commonOf(
  nodes: readonly ASTNode[],
  checked: readonly ExpressionNode[],
  what: string,
  context: CheckContext,
): ValueType {
  let common: ValueType = "null";
  for (const [i, { type }] of checked.entries()) {
    const node = nodes[i];
    const next = commonType(common, type);
    if (node === undefined) continue;
    if (type === "null") throw fail(node, context, "EXPRESSION_TYPE", `${what} holds no null`);
    if (next === undefined) {
      const message = `${what} holds values of one type, and this is ${type} among ${common}`;
      throw fail(node, context, "EXPRESSION_TYPE", message, { expected: common, found: type });
    }
    common = next;
  }
  return common;
}

/** `x in [a, b]`, `key in map` */
export function checkIn(
  [item, collection]: readonly [ASTNode, ASTNode],
  context: CheckContext,
  check: Check,
): ExpressionNode {
  const subject = check(item, context);
  const within = check(collection, context);
  const element = elementOf(within.type) ?? entryOf(within.type)?.key;
  if (element === undefined) {
    const message = `\`in\` takes a list or a map, and this is ${within.type}`;
    throw fail(collection, context, "EXPRESSION_TYPE", message, { expected: "list or map", found: within.type });
  }
  if (subject.type === "null" || commonType(subject.type, element) === undefined) {
    const message = `${subject.type} can't be among values of type ${element}`;
    throw fail(item, context, "EXPRESSION_TYPE", message, { expected: element, found: subject.type });
  }
  return { kind: "builtin", type: "boolean", name: "in", arguments: [subject, within] };
}

/** `list[i]`, `map["key"]`, `map.key` */
export function checkIndex(
  node: ASTNode,
  base: ExpressionNode,
  keyNode: ASTNode,
  key: ExpressionNode,
  context: CheckContext,
): ExpressionNode {
  const entry = entryOf(base.type);
  const wanted = entry?.key ?? "integer";
  const type = entry?.value ?? elementOf(base.type);
  if (type === undefined) {
    const message = `only lists and maps have entries, and this is ${base.type}`;
    throw fail(node, context, "EXPRESSION_TYPE", message, { expected: "list or map", found: base.type });
  }
  const fits = key.type === wanted || (isFieldType(key.type) && isNumeric(wanted) && isNumeric(key.type));
  if (!fits && wanted !== "null") {
    const message = `the ${entry ? "key" : "index"} is ${key.type}, not ${wanted}`;
    throw fail(keyNode, context, "EXPRESSION_TYPE", message, { expected: wanted, found: key.type });
  }
  return { kind: "builtin", type, name: "index", arguments: [base, key] };
}
