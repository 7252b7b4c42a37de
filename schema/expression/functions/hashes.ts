import { functionGroup } from "./function-spec.ts";

export const hashes = functionGroup({
  title: "Hashes",
  functions: [
    {
      name: "sha256",
      summary:
        "Lower-case hex of the UTF-8 text, as of all hashes. Not anonymous: who has the texts can find them again; the step `anonymize` hashes under the tenant's key.",
      signatures: ["sha256(string): string"],
      examples: [['sha256("").substring(0, 8)', '"e3b0c442"']],
    },
    {
      name: "sha512",
      summary: "SHA-512.",
      signatures: ["sha512(string): string"],
      examples: [['sha512("").substring(0, 8)', '"cf83e135"']],
    },
    {
      name: "sha1",
      summary: "SHA-1, for what already uses it.",
      signatures: ["sha1(string): string"],
      examples: [['sha1("").substring(0, 8)', '"da39a3ee"']],
    },
    {
      name: "md5",
      summary: "MD5, for what already uses it.",
      signatures: ["md5(string): string"],
      examples: [['md5("").substring(0, 8)', '"d41d8cd9"']],
    },
  ],
});
