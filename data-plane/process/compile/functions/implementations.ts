import type { Signature } from "@o2mc/schema/expression/functions/functions.ts";
import { CONVERSIONS } from "./conversions.ts";
import { HASHES } from "./hashes.ts";
import type { Implementations } from "./implementation.ts";
import { JSON_TEXTS } from "./json.ts";
import { LISTS } from "./lists.ts";
import { NUMBERS } from "./numbers.ts";
import { REGEX } from "./regex.ts";
import { TEXT } from "./text.ts";
import { TIME } from "./time.ts";
import { URLS } from "./urls.ts";
import { USER_AGENTS } from "./user-agents.ts";

/** Of every function in the specs: one that is missing does not compile. */
export const IMPLEMENTATIONS: Implementations<Signature> = {
  ...TEXT,
  ...LISTS,
  ...NUMBERS,
  ...CONVERSIONS,
  ...TIME,
  ...REGEX,
  ...URLS,
  ...USER_AGENTS,
  ...HASHES,
  ...JSON_TEXTS,
};
