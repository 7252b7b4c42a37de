import { conversions } from "./conversions.ts";
import type { FunctionGroup } from "./function-spec.ts";
import { hashes } from "./hashes.ts";
import { json } from "./json.ts";
import { lists } from "./lists.ts";
import { numbers } from "./numbers.ts";
import { regex } from "./regex.ts";
import { text } from "./text.ts";
import { time } from "./time.ts";
import { urls } from "./urls.ts";
import { userAgents } from "./user-agents.ts";

/** Every function. Another one is a spec here and an implementation in `data-plane/process/compile/functions`. */
const GROUPS = [text, lists, numbers, conversions, time, regex, urls, userAgents, hashes, json] as const;

export type Signature = (typeof GROUPS)[number]["functions"][number]["signatures"][number];

export const FUNCTIONS: readonly FunctionGroup<Signature>[] = GROUPS;
