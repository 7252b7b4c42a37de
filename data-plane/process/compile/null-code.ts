import type { ValueType } from "@o2mc/schema/expression/value-type.ts";

const NAN_TYPES: readonly string[] = ["number", "integer", "timestamp", "duration"] satisfies ValueType[];

/** Whether null is NaN among the values of a type. */
export const nullIsNan = (type: ValueType): boolean => NAN_TYPES.includes(type);

export const nullOf = (type: ValueType): string => (nullIsNan(type) ? "NaN" : "null");

export const isNull = (name: string, type: ValueType): string =>
  nullIsNan(type) ? `${name} !== ${name}` : `${name} === null`;
