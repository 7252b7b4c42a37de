import type { RE2JS } from "re2js";
import type { Signature } from "@o2mc/schema/expression/functions/functions.ts";

/** JavaScript's type of a value of the language; a literal `pattern` or `path` comes compiled. */
type Value<T extends string> = T extends "string" | "zone" | "unit"
  ? string
  : T extends "number" | "integer" | "timestamp" | "duration"
    ? number
    : T extends "boolean"
      ? boolean
      : T extends "pattern"
        ? RE2JS
        : T extends "path"
          ? readonly (string | number)[]
          : T extends `list<${infer E}>`
            ? readonly Value<E>[]
            : T extends `map<${string}>`
              ? ReadonlyMap<unknown, unknown>
              : unknown;

type Result<T extends string> = T extends "number" | "integer" | "timestamp" | "duration" ? number : Value<T> | null;

type Parameters<P extends string> = P extends ""
  ? []
  : P extends `${infer Only}, ...`
    ? [Value<Only>, ...Value<Only>[]]
    : P extends `${infer First}, ${infer Rest}`
      ? [Value<First>, ...Parameters<Rest>]
      : [Value<P>];

type ReceiverType =
  "string" | "number" | "integer" | "boolean" | "timestamp" | "duration" | `list<${string}>` | `map<${string}>`;

type Receiver<Head extends string> = Head extends `${infer R}.${string}`
  ? R extends ReceiverType
    ? [Value<R>]
    : []
  : [];

/**
 * What a signature calls. It gets no null, and answers null (NaN where the result is a number) for what is an error in
 * CEL. A pure function: same operands, same result, on every machine.
 */
export type Implementation<S extends string> = S extends `${infer Head}(${infer P}): ${infer R}`
  ? (...operands: [...Receiver<Head>, ...Parameters<P>]) => Result<R>
  : never;

/** Those of the functions whose name, or namespace, begins so; a missing one does not compile. */
export type Implementations<S extends Signature> = { readonly [K in S]: Implementation<K> };
