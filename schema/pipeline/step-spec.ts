import type { OptionSpecs } from "../options/option.ts";
import type { GivenOptions, OptionsOf } from "../options/options-of.ts";
import type { Scope } from "./scope.ts";

/** One step: what it is, what options it takes and which rows come out of it. */
export interface StepSpec<V extends string = string, S extends OptionSpecs = OptionSpecs> {
  /** a lower-case word; its options' GraphQL input is `<Verb>StepInput` */
  readonly verb: V;
  readonly summary: string;
  readonly options: S;
  readonly example: GivenOptions<S>;
  /** the rows that come out are of its own making: without its options nobody knows their columns */
  readonly makesRows?: true;
  /**
   * The type rule: `publish` calls it with options that have the spec's shape, in the order of the steps; it leaves the
   * columns of the rows that come out. Throws a DefinitionError. Options that hold lines of steps are given back with these
   * as `scope.line` has checked them.
   */
  check(options: OptionsOf<S>, scope: Scope): OptionsOf<S> | void;
}

/** Holds a spec to its own types: the example and the rule are about its options. */
export const stepSpec = <const V extends string, const S extends OptionSpecs>(spec: StepSpec<V, S>): StepSpec<V, S> =>
  spec;
