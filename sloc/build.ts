import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Bundles the snippet: one minified script for ES2020 browsers, without eval. The edge serves it as `/sloc.js`. */
export async function buildSnippet(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL("./src/snippet.ts", import.meta.url))],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    write: false,
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error("esbuild wrote no snippet");
  return file.text;
}
