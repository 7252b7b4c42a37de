import { valueAsInput } from "./as-input.ts";
import { enumName } from "./enum-name.ts";
import type { ItemSpec, OptionSpec, OptionSpecs } from "./option.ts";

/** Options as a nested Markdown list, words and defaults as the API takes them. */
export function optionsReference(specs: OptionSpecs, depth = 0): string {
  return Object.entries(specs)
    .map(
      ([name, spec]) =>
        `${"  ".repeat(depth)}- \`${name}\` (${traits(spec)}): ${spec.description}\n${below(spec, depth + 1)}`,
    )
    .join("");
}

/** An example as it stands in a request's variables, on one line. */
export function exampleReference(example: object): string {
  const line = JSON.stringify(example, null, 1).replaceAll(/\n */g, " ");
  return `\`\`\`json\n${line}\n\`\`\`\n`;
}

function traits(spec: OptionSpec): string {
  const item = spec.kind === "list" ? spec.of : spec;
  return [
    spec.kind === "list" ? `list of ${nameOf(item)}s` : nameOf(item),
    ...limits(item),
    ...presence(spec),
    ...(spec.secret === true ? ["secret: write-only"] : []),
    ...(spec.deprecated === undefined ? [] : [`deprecated: ${spec.deprecated}`]),
  ].join(", ");
}

function presence(spec: OptionSpec): readonly string[] {
  if (spec.optional === true) return ["optional"];
  return spec.default === undefined ? [] : [`default \`${JSON.stringify(valueAsInput(spec, spec.default))}\``];
}

function nameOf(item: ItemSpec): string {
  switch (item.kind) {
    case "words":
      return "word";
    case "integer":
      return "whole number";
    case "flag":
      return "true or false";
    case "expression":
      return item.type === undefined ? "CEL expression" : `CEL expression, ${item.type}`;
    case "field":
      return item.types === undefined ? "column" : `${item.types.join(" or ")} column`;
    case "new-field":
      return "new column";
    case "steps":
      return "list of steps";
    default:
      return item.kind;
  }
}

function limits(item: ItemSpec): readonly string[] {
  if (item.kind === "integer" || item.kind === "number") {
    return [`${item.min} to ${item.max}${item.unit === undefined ? "" : ` ${item.unit}`}`];
  }
  if (item.kind !== "text") return [];
  const longest = item.maxLength === undefined ? [] : [`at most ${item.maxLength} characters`];
  return item.format === undefined ? longest : [item.format.says, ...longest];
}

function below(spec: OptionSpec, depth: number): string {
  const item = spec.kind === "list" ? spec.of : spec;
  if (item.kind === "object") return optionsReference(item.options, depth);
  if (item.kind !== "words") return "";
  const words = Object.entries(item.words);
  return words.map(([word, means]) => `${"  ".repeat(depth)}- \`${enumName(word)}\`: ${means}\n`).join("");
}
