import type { ValueType } from "../value-type.ts";
import { FUNCTIONS, type Signature } from "./functions.ts";

/** What a parameter takes: a type, one with the type variables T, K, V, or a literal that is checked at publish. */
export type ParameterType = ValueType | "T" | "K" | "V" | "pattern" | "path" | "unit" | "zone";

/** A signature, read. */
export interface Overload {
  readonly signature: Signature;
  readonly form: "function" | "method";
  /** with its namespace */
  readonly name: string;
  /** the receiver first */
  readonly parameters: readonly ParameterType[];
  /** how many operands at most: the last parameter repeats */
  readonly most: number;
  readonly result: ValueType;
}

const SIGNATURE = /^(?<head>[^(]+)\((?<parameters>[^)]*)\): (?<result>.+)$/;
const RECEIVER = /^(string|number|integer|boolean|timestamp|duration|list<.+>|map<.+>)\./;
const MOST_OPERANDS = 8;

export function readSignature(signature: Signature): Overload {
  const { head = "", parameters = "", result = "" } = SIGNATURE.exec(signature)?.groups ?? {};
  const receiver = RECEIVER.exec(head)?.[1];
  const given = parameters === "" ? [] : parameters.split(", ");
  const repeats = given.at(-1) === "...";
  const types = [...(receiver === undefined ? [] : [receiver]), ...(repeats ? given.slice(0, -1) : given)];
  return {
    signature,
    form: receiver === undefined ? "function" : "method",
    name: receiver === undefined ? head : head.slice(receiver.length + 1),
    parameters: types as readonly ParameterType[],
    most: repeats ? MOST_OPERANDS : types.length,
    result: result as ValueType,
  };
}

const ALL = FUNCTIONS.flatMap(({ functions }) => functions.flatMap(({ signatures }) => signatures)).map((signature) =>
  readSignature(signature),
);

export const OVERLOADS_BY_SIGNATURE: ReadonlyMap<Signature, Overload> = new Map(
  ALL.map((overload) => [overload.signature, overload]),
);

/** All, by form and name. */
export const OVERLOADS: Readonly<Record<Overload["form"], ReadonlyMap<string, readonly Overload[]>>> = {
  function: byName("function"),
  method: byName("method"),
};

/** What stands before the dot of a function that is no method: `url`, `math` … */
export const NAMESPACES: ReadonlySet<string> = new Set(
  [...OVERLOADS.function.keys()].flatMap((name) => (name.includes(".") ? [name.slice(0, name.indexOf("."))] : [])),
);

function byName(form: Overload["form"]): ReadonlyMap<string, readonly Overload[]> {
  const found = new Map<string, Overload[]>();
  for (const overload of ALL) {
    if (overload.form === form) found.set(overload.name, [...(found.get(overload.name) ?? []), overload]);
  }
  return found;
}
