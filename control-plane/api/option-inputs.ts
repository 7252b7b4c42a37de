import { Extensions, Field, Float, InputType, Int, registerEnumType, type ClassType } from "type-graphql";
import type { ItemSpec, OptionSpec, OptionSpecs, ValueSpec } from "@o2mc/schema/options/option.ts";
import { enumName } from "@o2mc/schema/options/enum-name.ts";

type TypeThunk = () => ClassType | object;

const choicesOf = new Map<string, ClassType>();
const made = new Map<string, { readonly spec: object; readonly type: ClassType | object }>();

/** The GraphQL input type of options: what type-graphql's decorators would make of a class written by hand. */
export function optionsInput(name: string, specs: OptionSpecs, description?: string): ClassType {
  return once(name, specs, () => {
    const type = inputClass(name);
    for (const [option, spec] of Object.entries(specs)) {
      Field(thunkOf(spec), {
        nullable: spec.optional === true,
        description: describe(spec),
        ...(spec.default === undefined ? {} : { defaultValue: spec.default }),
        ...(spec.deprecated === undefined ? {} : { deprecationReason: spec.deprecated }),
      })(type.prototype as object, option);
    }
    InputType(name, description === undefined ? {} : { description })(type);
    return type;
  });
}

/** An input with one field for each of `choices`, of which exactly one must be given. */
export function oneOfInput(name: string, choices: ReadonlyMap<string, ClassType>, description: string): ClassType {
  const type = inputClass(name);
  for (const [choice, input] of choices) Field(() => input, { nullable: true })(type.prototype as object, choice);
  InputType(name, { description })(type);
  Extensions({ oneOf: true })(type);
  choicesOf.set(name, type);
  return type;
}

function madeOneOf(name: string): ClassType {
  const type = choicesOf.get(name);
  if (type === undefined) throw new Error(`nothing has made the input ${name}`);
  return type;
}

/** The enum of a few words, `hash` as `HASH`. */
export function wordsEnum(name: string, words: Readonly<Record<string, string>>): object {
  return once(name, words, () => {
    const values = Object.fromEntries(Object.keys(words).map((word) => [enumName(word), word]));
    const described = Object.entries(words).map(([word, description]) => [enumName(word), { description }] as const);
    registerEnumType(values, { name, valuesConfig: Object.fromEntries(described) });
    return values;
  });
}

/** Two steps may share a spec, and then its type; two specs that share a name would silently be one. */
function once<T extends object>(name: string, spec: object, make: () => T): T {
  const known = made.get(name);
  if (known !== undefined && known.spec !== spec) throw new Error(`two option specs are named ${name}`);
  const type = (known?.type as T | undefined) ?? make();
  made.set(name, { spec, type });
  return type;
}

function inputClass(name: string): ClassType {
  const type = class {};
  Object.defineProperty(type, "name", { value: name });
  return type;
}

function thunkOf(spec: ValueSpec): () => TypeThunk | object {
  // asked when all inputs are made: steps are among the options of steps
  if (spec.kind === "steps") return () => [madeOneOf("StepInput")];
  if (spec.kind !== "list") {
    const type = typeOf(spec);
    return () => type;
  }
  const type = typeOf(spec.of);
  return () => [type];
}

function typeOf(spec: ItemSpec): ClassType | object {
  switch (spec.kind) {
    case "object":
      return optionsInput(`${spec.name}Input`, spec.options);
    case "words":
      return wordsEnum(spec.name, spec.words);
    case "integer":
      return Int;
    case "number":
      return Float;
    case "flag":
      return Boolean;
    case "steps":
      throw new Error("a line of steps is no entry of a list");
    case "text":
    case "expression":
    case "field":
    case "new-field":
      return String;
  }
}

function describe(spec: OptionSpec): string {
  const notes = [
    ...(spec.secret === true ? ["write-only"] : []),
    ...(spec.kind === "integer" || spec.kind === "number" ? [`${spec.min} to ${spec.max}`] : []),
    ...(spec.kind === "expression" ? [`CEL over \`event\`${spec.type === undefined ? "" : `, ${spec.type}`}`] : []),
  ];
  return notes.length === 0 ? spec.description : `${spec.description} (${notes.join("; ")})`;
}
