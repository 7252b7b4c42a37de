import type { OptionSpecs } from "../options/option.ts";
import type { GivenOptions } from "../options/options-of.ts";

/** One kind of destination: what it is and what options it takes. */
export interface DestinationSpec<K extends string = string, S extends OptionSpecs = OptionSpecs> {
  /** a lower-case word; its options' GraphQL input is `<Kind>OptionsInput` */
  readonly kind: K;
  readonly summary: string;
  readonly options: S;
  readonly example: GivenOptions<S>;
}

/** Holds a spec to its own types: the example is one of its options. */
export const destinationSpec = <const K extends string, const S extends OptionSpecs>(
  spec: DestinationSpec<K, S>,
): DestinationSpec<K, S> => spec;
