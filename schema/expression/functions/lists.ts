import { functionGroup } from "./function-spec.ts";

export const lists = functionGroup({
  title: "Lists",
  functions: [
    {
      name: "slice",
      summary: "The entries from an index up to another, that one not included; null when they are out of range.",
      signatures: ["list<T>.slice(integer, integer): list<T>"],
      examples: [["[1, 2, 3, 4].slice(1, 3)", "[2, 3]"]],
    },
    {
      name: "first",
      summary: "The first entry; null of an empty list.",
      signatures: ["list<T>.first(): T"],
      examples: [['"a/b".split("/").first()', '"a"']],
    },
    {
      name: "last",
      summary: "The last entry; null of an empty list.",
      signatures: ["list<T>.last(): T"],
      examples: [['"a/b".split("/").last()', '"b"']],
    },
    {
      name: "distinct",
      summary: "Each scalar entry once, where it was first.",
      signatures: [
        "list<string>.distinct(): list<string>",
        "list<integer>.distinct(): list<integer>",
        "list<number>.distinct(): list<number>",
      ],
      examples: [["[2, 1, 2].distinct()", "[2, 1]"]],
    },
    {
      name: "sort",
      summary: "The entries in rising order; texts by code units.",
      signatures: [
        "list<string>.sort(): list<string>",
        "list<integer>.sort(): list<integer>",
        "list<number>.sort(): list<number>",
        "list<timestamp>.sort(): list<timestamp>",
      ],
      examples: [["[2, 10, 1].sort()", "[1, 2, 10]"]],
    },
    {
      name: "lists.range",
      summary: "0, 1, … n - 1, up to 1,000.",
      signatures: ["lists.range(integer): list<integer>"],
      examples: [["lists.range(3)", "[0, 1, 2]"]],
    },
  ],
});
