import { functionGroup } from "./function-spec.ts";

export const text = functionGroup({
  title: "Texts",
  functions: [
    {
      name: "size",
      summary: "Length in code points; of a list or a map the number of its entries.",
      signatures: [
        "size(string): integer",
        "string.size(): integer",
        "size(list<T>): integer",
        "list<T>.size(): integer",
        "size(map<K,V>): integer",
        "map<K,V>.size(): integer",
      ],
      examples: [
        ['size("añ🙂")', "3"],
        ["[1, 2].size()", "2"],
      ],
    },
    {
      name: "startsWith",
      summary: "Whether the text begins with another.",
      signatures: ["string.startsWith(string): boolean"],
      examples: [['"/shop/1".startsWith("/shop")', "true"]],
    },
    {
      name: "endsWith",
      summary: "Whether the text ends with another.",
      signatures: ["string.endsWith(string): boolean"],
      examples: [['"a.pdf".endsWith(".pdf")', "true"]],
    },
    {
      name: "contains",
      summary: "Whether another text is in it.",
      signatures: ["string.contains(string): boolean"],
      examples: [['"a/b".contains("/")', "true"]],
    },
    {
      name: "charAt",
      summary: "The code point at an index, from 0; empty right behind the last, null beyond.",
      signatures: ["string.charAt(integer): string"],
      examples: [
        ['"tacos".charAt(1)', '"a"'],
        ['"a".charAt(2)', "null"],
      ],
    },
    {
      name: "indexOf",
      summary: "Index, in code points, of the first place of a text at or behind an offset; -1 when there is none.",
      signatures: ["string.indexOf(string): integer", "string.indexOf(string, integer): integer"],
      examples: [
        ['"🙂banana".indexOf("an")', "2"],
        ['"banana".indexOf("an", 2)', "3"],
      ],
    },
    {
      name: "lastIndexOf",
      summary: "The same of the last place at or before an offset.",
      signatures: ["string.lastIndexOf(string): integer", "string.lastIndexOf(string, integer): integer"],
      examples: [['"banana".lastIndexOf("an", 2)', "1"]],
    },
    {
      name: "substring",
      summary: "From an index up to another, that one not included, in code points; null when they are out of range.",
      signatures: ["string.substring(integer): string", "string.substring(integer, integer): string"],
      examples: [['"tacocat".substring(2, 4)', '"co"']],
    },
    {
      name: "lowerAscii",
      summary: "A to Z as a to z; all other letters stay.",
      signatures: ["string.lowerAscii(): string", "lowerAscii(string): string"],
      examples: [['"TacoÑ".lowerAscii()', '"tacoÑ"']],
    },
    {
      name: "upperAscii",
      summary: "a to z as A to Z; all other letters stay.",
      signatures: ["string.upperAscii(): string"],
      examples: [['"tacoñ".upperAscii()', '"TACOñ"']],
    },
    {
      name: "replace",
      summary: "Every place of a text, or the first n, by another.",
      signatures: ["string.replace(string, string): string", "string.replace(string, string, integer): string"],
      examples: [['"hello hello".replace("he", "we", 1)', '"wello hello"']],
    },
    {
      name: "split",
      summary: "The parts between separators, at most n of them; an empty separator gives the code points.",
      signatures: ["string.split(string): list<string>", "string.split(string, integer): list<string>"],
      examples: [
        ['"a,b,c".split(",")', '["a", "b", "c"]'],
        ['"a,b,c".split(",", 2)', '["a", "b,c"]'],
      ],
    },
    {
      name: "join",
      summary: "The texts in a row, with a separator between.",
      signatures: ["list<string>.join(): string", "list<string>.join(string): string"],
      examples: [['["a", "b"].join("-")', '"a-b"']],
    },
    {
      name: "trim",
      summary: "Without white space at both ends.",
      signatures: ["string.trim(): string"],
      examples: [['" a b\\n".trim()', '"a b"']],
    },
    {
      name: "reverse",
      summary: "The code points, or the entries of a list, from the last to the first.",
      signatures: ["string.reverse(): string", "list<T>.reverse(): list<T>"],
      examples: [['"gums".reverse()', '"smug"']],
    },
    {
      name: "pathSegment",
      summary: "n-th non-empty segment of a path, from 0, without query and fragment; null when there is none.",
      signatures: ["pathSegment(string, integer): string"],
      examples: [
        ['pathSegment("/shop/shoes?x=1", 1)', '"shoes"'],
        ['pathSegment("/shop", 1)', "null"],
      ],
    },
  ],
});
