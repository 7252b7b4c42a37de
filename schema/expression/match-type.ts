import type { ParameterType } from "./functions/overload.ts";
import { commonType, elementOf, entryOf, isNumeric, type ValueType } from "./value-type.ts";

/** What the type variables of one call stand for. */
export type Bindings = Map<string, ValueType>;

const LITERALS: readonly string[] = ["pattern", "path", "unit", "zone"];

/** Whether a parameter takes a value of `type`; binds its type variables. */
export function matchType(parameter: ParameterType, type: ValueType, bindings: Bindings): boolean {
  if (type === "null") return false;
  if (isVariable(parameter)) return bind(parameter, type, bindings);
  if (LITERALS.includes(parameter)) return type === "string";
  const wanted = parameter as ValueType;
  if (wanted === type || (wanted === "number" && isNumeric(type))) return true;
  const [element, given] = [elementOf(wanted), elementOf(type)];
  if (element !== undefined && given !== undefined) {
    return given === "null" || matchType(element as ParameterType, given, bindings);
  }
  const [entry, of] = [entryOf(wanted), entryOf(type)];
  if (entry === undefined || of === undefined) return false;
  return (
    (of.key === "null" || matchType(entry.key as ParameterType, of.key, bindings)) &&
    (of.value === "null" || matchType(entry.value as ParameterType, of.value, bindings))
  );
}

/** A result type with its variables filled in. */
export function fillType(result: ValueType, bindings: Bindings): ValueType {
  if (isVariable(result)) return bindings.get(result) ?? "null";
  const element = elementOf(result);
  return element === undefined ? result : `list<${fillType(element, bindings)}>`;
}

const isVariable = (type: string): type is "T" | "K" | "V" => type === "T" || type === "K" || type === "V";

function bind(variable: string, type: ValueType, bindings: Bindings): boolean {
  const bound = bindings.get(variable);
  const common = bound === undefined ? type : commonType(bound, type);
  if (common === undefined) return false;
  bindings.set(variable, common);
  return true;
}
