/**
 * One function of the language: what it is, its forms and examples. The checker, the reference page and the description
 * in GraphQL come from it; the data plane's implementations are keyed by the signatures.
 */
export interface FunctionSpec<S extends string = string> {
  /** as it is called: `size`, `url.host` */
  readonly name: string;
  /** goes on from the name; says when it is null, beyond a null operand */
  readonly summary: string;
  /**
   * `name(parameter, …): result`, and `receiver.name(parameter, …): result` for a method; the first that fits is taken.
   * `number` takes integers too, `T`, `K` and `V` stand for any type, `, ...` repeats the last parameter. A `pattern`
   * (RE2), a `path` (into JSON) and a `unit` are literal strings that are checked at publish; a literal `zone` is too.
   */
  readonly signatures: readonly S[];
  /** each an expression and what it gives, itself an expression */
  readonly examples: readonly (readonly [expression: string, value: string])[];
}

export interface FunctionGroup<S extends string = string> {
  readonly title: string;
  readonly functions: readonly FunctionSpec<S>[];
}

export const functionGroup = <const S extends string>(group: FunctionGroup<S>): FunctionGroup<S> => group;
