import { functionGroup } from "./function-spec.ts";

export const regex = functionGroup({
  title: "Regular expressions",
  functions: [
    {
      name: "matches",
      summary:
        "Whether the pattern is found anywhere in the text. RE2: linear in the text, no look-around, no back-references.",
      signatures: ["string.matches(pattern): boolean", "matches(string, pattern): boolean"],
      examples: [['"/shop/1".matches("^/shop/[0-9]+$")', "true"]],
    },
    {
      name: "regex.extract",
      summary:
        "The pattern's one group, or the whole match when it has none, where it is first found; null when it is not.",
      signatures: ["regex.extract(string, pattern): string"],
      examples: [['regex.extract("order-77-b", "order-([0-9]+)")', '"77"']],
    },
    {
      name: "regex.extractAll",
      summary: "The same of every place.",
      signatures: ["regex.extractAll(string, pattern): list<string>"],
      examples: [['regex.extractAll("a1b22", "[0-9]+")', '["1", "22"]']],
    },
    {
      name: "regex.replace",
      summary:
        "Every match, or the first n, by a text in which `\\1` is the first group; null when it names a group that is not there.",
      signatures: [
        "regex.replace(string, pattern, string): string",
        "regex.replace(string, pattern, string, integer): string",
      ],
      examples: [['regex.replace("id=7&x=8", "=([0-9])", ":<\\\\1>", 1)', '"id:<7>&x=8"']],
    },
  ],
});
