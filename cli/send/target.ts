import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Given {
  readonly edge?: string;
  readonly source?: string;
  readonly key?: string;
}

/** Fills what the command line leaves out from the environment, then from the running platform's `endpoints.json`. */
export function resolveTarget(given: Given, dataDir: string): { edge: string; source: string; key: string } {
  const file = join(dataDir, "endpoints.json");
  const local = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { edge?: string; demo?: { source?: string; writeKey?: string } })
    : {};
  return {
    edge: need("--edge", given.edge ?? local.edge, file).replace(/\/$/, ""),
    source: need("--source", given.source ?? local.demo?.source, file),
    key: need("--key", given.key ?? local.demo?.writeKey, file),
  };
}

function need(option: string, value: string | undefined, file: string): string {
  if (value === undefined)
    throw new Error(`${option} is missing, and ${file} does not name it (is the platform running?)`);
  return value;
}
