import { FIXED_COLUMNS } from "@o2mc/schema/pipeline/parse/fixed-columns.ts";
import { USER_AGENTS } from "../../compile/functions/user-agents.ts";

const READ = (Object.keys(FIXED_COLUMNS["user-agent"]) as (keyof (typeof FIXED_COLUMNS)["user-agent"])[]).map(
  (part) => USER_AGENTS[`userAgent.${part}(string): string`],
);

/** In the order of `FIXED_COLUMNS`, as the expression functions say it. */
export const userAgent = (text: string): readonly (string | null)[] => READ.map((read) => read(text));
