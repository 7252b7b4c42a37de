import { fileURLToPath } from "node:url";
import { bundleForBrowser } from "./bundle.ts";

/** The snippet as the edge serves it at `/sloc.js`. */
export function buildSnippet(): Promise<string> {
  return bundleForBrowser(fileURLToPath(new URL("./src/main.ts", import.meta.url)));
}
