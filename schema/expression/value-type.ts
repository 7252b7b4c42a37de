import type { FieldType } from "../consent/policy.ts";

/**
 * What an expression may be made of. A column holds a FieldType only; durations, lists and maps live inside expressions.
 * `null` types only the literal null, which any type accepts as a branch and `==` as an operand; `list<null>` is the
 * empty list.
 */
export type ValueType = FieldType | "duration" | "null" | `list<${string}>` | `map<${string}>`;

const FIELD_TYPES: readonly string[] = ["string", "number", "integer", "boolean", "timestamp"] satisfies FieldType[];

export const isFieldType = (type: ValueType): type is FieldType => FIELD_TYPES.includes(type);

export const isNumeric = (type: ValueType): boolean => type === "number" || type === "integer";

/** Of a list; undefined for everything else. */
export function elementOf(type: ValueType): ValueType | undefined {
  return type.startsWith("list<") ? (type.slice(5, -1) as ValueType) : undefined;
}

/** Of a map, its keys' type and its values'. Keys are scalars, so the first comma parts the two. */
export function entryOf(type: ValueType): { readonly key: ValueType; readonly value: ValueType } | undefined {
  if (!type.startsWith("map<")) return undefined;
  const inside = type.slice(4, -1);
  const comma = inside.indexOf(",");
  return { key: inside.slice(0, comma) as ValueType, value: inside.slice(comma + 1) as ValueType };
}

/** The common type of two values that may be compared or chosen between; undefined when there is none. */
export function commonType(left: ValueType, right: ValueType): ValueType | undefined {
  if (left === right || right === "null") return left;
  if (left === "null") return right;
  if (isNumeric(left) && isNumeric(right)) return "number";
  const [a, b] = [elementOf(left), elementOf(right)];
  if (a !== undefined && b !== undefined) {
    const element = commonType(a, b);
    return element && `list<${element}>`;
  }
  const [m, n] = [entryOf(left), entryOf(right)];
  if (m === undefined || n === undefined) return undefined;
  const key = commonType(m.key, n.key);
  const value = commonType(m.value, n.value);
  return key && value && `map<${key},${value}>`;
}
