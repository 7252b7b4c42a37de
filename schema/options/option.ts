import type { FieldType } from "../consent/policy.ts";

/**
 * The language in which steps and destinations say what options they take. A spec is plain data: option types
 * (`OptionsOf`), the run-time check (`readOptions`), the GraphQL inputs, the console's forms and the reference pages
 * are all made from it.
 */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** One option: what its value is, and how it stands among the others. Required when neither optional nor with a default. */
export type OptionSpec = ValueSpec & Presence;

interface Presence {
  readonly description: string;
  readonly optional?: true;
  /** what it is when left out: filled in by the check, so that nobody downstream knows of defaults */
  readonly default?: unknown;
  /** write-only in the API, never logged */
  readonly secret?: true;
  /** why not to use it any more, and what instead */
  readonly deprecated?: string;
}

export type ValueSpec = ListSpec | ItemSpec;

export type ItemSpec =
  TextSpec | WordsSpec | NumberSpec | FlagSpec | ObjectSpec | ExpressionSpec | FieldSpec | NewFieldSpec | StepsSpec;

export interface TextSpec {
  readonly kind: "text";
  /** in characters; 1 when not said */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: TextFormat;
}

export interface TextFormat {
  readonly fits: (text: string) => boolean;
  /** goes on from "must be …" */
  readonly says: string;
}

/** One of a few words, each with what it means. */
export interface WordsSpec {
  readonly kind: "words";
  /** of the enum in GraphQL */
  readonly name: string;
  readonly words: Readonly<Record<string, string>>;
}

export interface NumberSpec {
  readonly kind: "integer" | "number";
  readonly min: number;
  readonly max: number;
  readonly unit?: "seconds" | "characters";
}

export interface FlagSpec {
  readonly kind: "flag";
}

export interface ListSpec {
  readonly kind: "list";
  readonly of: ItemSpec;
}

export interface ObjectSpec {
  readonly kind: "object";
  /** of the input type in GraphQL, without `Input` */
  readonly name: string;
  readonly options: OptionSpecs;
}

/** A CEL expression over `event`. */
export interface ExpressionSpec {
  readonly kind: "expression";
  /** what it must give; anything when not said */
  readonly type?: FieldType;
}

/** Reads a column. */
export interface FieldSpec {
  readonly kind: "field";
  /** what the column may be; anything when not said */
  readonly types?: readonly FieldType[];
}

/** A line of a pipeline's steps. What is wrong within it is found by the check of the step that has it. */
export interface StepsSpec {
  readonly kind: "steps";
}

/** The name, or the beginning of the name, of a column that the step makes. */
export interface NewFieldSpec {
  readonly kind: "new-field";
}
