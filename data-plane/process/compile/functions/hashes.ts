import { hash } from "node:crypto";
import type { hashes } from "@o2mc/schema/expression/functions/hashes.ts";
import type { Implementations } from "./implementation.ts";

export const HASHES: Implementations<(typeof hashes)["functions"][number]["signatures"][number]> = {
  "sha256(string): string": (text) => hash("sha256", text, "hex"),
  "sha512(string): string": (text) => hash("sha512", text, "hex"),
  "sha1(string): string": (text) => hash("sha1", text, "hex"),
  "md5(string): string": (text) => hash("md5", text, "hex"),
};
