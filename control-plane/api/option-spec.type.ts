import { GraphQLJSON } from "graphql-scalars";
import { Extensions, Field, Float, Int, ObjectType, registerEnumType } from "type-graphql";
import { describeExpressions } from "@o2mc/schema/expression/describe.ts";
import { valueAsInput } from "@o2mc/schema/options/as-input.ts";
import { enumName } from "@o2mc/schema/options/enum-name.ts";
import type { ItemSpec, OptionSpec as Spec, OptionSpecs } from "@o2mc/schema/options/option.ts";

const KINDS: Readonly<Record<ItemSpec["kind"], string>> = {
  text: "text",
  words: "one of `words`",
  integer: "a whole number",
  number: "a number",
  flag: "true or false",
  object: "an object with `options`",
  expression: describeExpressions(),
  field: "the name of a column that there is",
  steps: "a list of steps, each a StepInput",
  "new-field": "the name of a column to make",
};
const OptionKind = Object.fromEntries(Object.keys(KINDS).map((kind) => [enumName(kind), kind]));
registerEnumType(OptionKind, {
  name: "OptionKind",
  description: "what the value of an option is",
  valuesConfig: Object.fromEntries(
    Object.entries(KINDS).map(([kind, description]) => [enumName(kind), { description }] as const),
  ),
});

@ObjectType()
class OptionWord {
  @Field(() => String, { description: "as in the stored definition" })
  word!: string;

  @Field(() => String, { description: "as in the input: the name of the enum's value" })
  input!: string;

  @Field(() => String)
  description!: string;
}

@ObjectType({ description: "one option of a step or a destination: what a form or an editor must know" })
export class OptionSpec {
  @Field(() => String)
  name!: string;

  @Field(() => OptionKind, { description: "of each entry when it is a list" })
  kind!: ItemSpec["kind"];

  @Field(() => Boolean)
  list!: boolean;

  @Field(() => String)
  description!: string;

  @Field(() => Boolean)
  required!: boolean;

  @Field(() => GraphQLJSON, { nullable: true, description: "what it is when left out, as in the input" })
  default!: unknown;

  @Field(() => Boolean, { description: "write-only" })
  secret!: boolean;

  @Field(() => String, { nullable: true, description: "why not to use it any more" })
  deprecated!: string | null;

  @Field(() => String, { nullable: true, description: "`seconds` or `characters`" })
  unit!: string | null;

  @Field(() => Float, { nullable: true })
  min!: number | null;

  @Field(() => Float, { nullable: true })
  max!: number | null;

  @Field(() => Int, { nullable: true, description: "of text; 1 when not said" })
  minLength!: number | null;

  @Field(() => Int, { nullable: true })
  maxLength!: number | null;

  @Field(() => String, { nullable: true, description: "what the text must be" })
  format!: string | null;

  @Field(() => [String], {
    nullable: true,
    description: "types that the column or the expression may have; null = any",
  })
  types!: readonly string[] | null;

  @Field(() => [OptionWord], { nullable: true })
  @Extensions({ assumedLength: 3 })
  words!: readonly OptionWord[] | null;

  // few options hold others
  @Field(() => [OptionSpec], { nullable: true })
  @Extensions({ assumedLength: 2 })
  options!: readonly OptionSpec[] | null;
}

export const toOptionSpecs = (specs: OptionSpecs): OptionSpec[] =>
  Object.entries(specs).map(([name, spec]) => toOptionSpec(name, spec));

function toOptionSpec(name: string, spec: Spec): OptionSpec {
  const item = spec.kind === "list" ? spec.of : spec;
  const number = item.kind === "integer" || item.kind === "number" ? item : undefined;
  const text = item.kind === "text" ? item : undefined;
  return {
    name,
    kind: item.kind,
    list: spec.kind === "list",
    description: spec.description,
    required: spec.optional !== true && spec.default === undefined,
    default: spec.default === undefined ? null : valueAsInput(spec, spec.default),
    secret: spec.secret === true,
    deprecated: spec.deprecated ?? null,
    unit: number?.unit ?? null,
    min: number?.min ?? null,
    max: number?.max ?? null,
    minLength: text?.minLength ?? null,
    maxLength: text?.maxLength ?? null,
    format: text?.format?.says ?? null,
    types: typesOf(item),
    words: item.kind === "words" ? toWords(item.words) : null,
    options: item.kind === "object" ? toOptionSpecs(item.options) : null,
  };
}

function typesOf(item: ItemSpec): readonly string[] | null {
  if (item.kind === "field") return item.types ?? null;
  return item.kind === "expression" && item.type !== undefined ? [item.type] : null;
}

const toWords = (words: Readonly<Record<string, string>>): OptionWord[] =>
  Object.entries(words).map(([word, description]) => ({ word, input: enumName(word), description }));
