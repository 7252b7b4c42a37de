import type {
  FlagSpec,
  ListSpec,
  NumberSpec,
  ObjectSpec,
  OptionSpecs,
  StepsSpec,
  ValueSpec,
  WordsSpec,
} from "./option.ts";

/** Steps, which are made of options themselves: a type can't name itself on the way, so that they are of type `Step` in use. */
export type StepLine = readonly object[];

/** The type of checked options: a default counts as given, an optional one may be absent. */
export type OptionsOf<S extends OptionSpecs> = Pretty<
  { readonly [K in keyof S as S[K] extends { readonly optional: true } ? never : K]: ValueOf<S[K], "checked"> } & {
    readonly [K in keyof S as S[K] extends { readonly optional: true } ? K : never]?: ValueOf<S[K], "checked">;
  }
>;

/** The type of options as an author may write them: what has a default may be left out too. */
export type GivenOptions<S extends OptionSpecs> = Pretty<
  { readonly [K in keyof S as S[K] extends Omissible ? never : K]: ValueOf<S[K], "given"> } & {
    readonly [K in keyof S as S[K] extends Omissible ? K : never]?: ValueOf<S[K], "given">;
  }
>;

type Omissible = { readonly optional: true } | { readonly default: unknown };

type ValueOf<V extends ValueSpec, As extends "checked" | "given"> = V extends ListSpec
  ? readonly ValueOf<V["of"], As>[]
  : V extends ObjectSpec
    ? As extends "checked"
      ? OptionsOf<V["options"]>
      : GivenOptions<V["options"]>
    : V extends WordsSpec
      ? keyof V["words"] & string
      : V extends NumberSpec
        ? number
        : V extends FlagSpec
          ? boolean
          : V extends StepsSpec
            ? StepLine
            : string;

/** One plain object type instead of an intersection, for whoever hovers over it. */
type Pretty<T> = { [K in keyof T]: T[K] } & {};
