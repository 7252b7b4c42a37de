import type { ParseOptions } from "@o2mc/schema/pipeline/steps/parse.ts";
import type { Parser } from "../../compile/node.ts";
import { combinedLog } from "./combined-log.ts";
import { convert } from "./convert.ts";
import { csvLine } from "./csv-line.ts";
import { jsonParts } from "./json-parts.ts";
import { patternParts } from "./pattern-parts.ts";
import { userAgent } from "./user-agent.ts";

type Parse = Parser["parse"];

export function parserOf(options: ParseOptions): Parse {
  const columns = options.columns ?? [];
  switch (options.format) {
    case "json":
      return jsonParts(columns);
    case "csv": {
      const delimiter = options.delimiter ?? ",";
      const fields = columns.map(({ from }, i) => (from === undefined ? i : Number(from) - 1));
      return (text) => {
        const cells = csvLine(text, delimiter);
        return cells && columns.map(({ type }, i) => convert(cells[fields[i] ?? 0], type));
      };
    }
    case "query":
      return (text) => {
        const query = new URLSearchParams(queryOf(text));
        return columns.map(({ as, from = as, type }) => convert(query.get(from) ?? undefined, type));
      };
    case "combined-log":
      return combinedLog;
    case "user-agent":
      return userAgent;
    case "pattern":
      return patternParts(options.pattern ?? "", columns);
  }
}

/** What is between `?` and `#`; all of a text without `?`. */
function queryOf(text: string): string {
  const [whole = ""] = text.split("#", 1);
  return whole.slice(whole.indexOf("?") + 1);
}
