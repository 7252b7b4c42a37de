import { functionGroup } from "./function-spec.ts";

export const json = functionGroup({
  title: "JSON",
  functions: [
    {
      name: "json.value",
      summary:
        "What stands at a path (`a.b[0]`) of a JSON text: a string as it is, all else as JSON. Null when the text is no JSON, or there is nothing or null.",
      signatures: ["json.value(string, path): string"],
      examples: [
        ['json.value(\'{"a":{"b":[7]}}\', "a.b[0]")', '"7"'],
        ['json.value(\'{"a":1}\', "constructor")', "null"],
      ],
    },
    {
      name: "json.number",
      summary: "The number there; null when it is none.",
      signatures: ["json.number(string, path): number"],
      examples: [["json.number('[1.5]', \"[0]\")", "1.5"]],
    },
    {
      name: "json.integer",
      summary: "The whole number there, up to 2^53; null when it is none.",
      signatures: ["json.integer(string, path): integer"],
      examples: [['json.integer(\'{"n":3}\', "n")', "3"]],
    },
    {
      name: "json.boolean",
      summary: "The boolean there; null when it is none.",
      signatures: ["json.boolean(string, path): boolean"],
      examples: [['json.boolean(\'{"n":true}\', "n")', "true"]],
    },
    {
      name: "json.list",
      summary: "The entries of the array there, each as json.value gives it; nulls are left out. Null when it is none.",
      signatures: ["json.list(string, path): list<string>"],
      examples: [['json.list(\'{"n":["a",1]}\', "n")', '["a", "1"]']],
    },
  ],
});
