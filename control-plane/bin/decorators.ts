import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "@swc/core";

/**
 * `node --import …/decorators.ts`: type-graphql and MikroORM need decorators and their metadata, which Node's own type
 * stripping does not make. This workspace goes through swc, everything else through Node.
 */
const WORKSPACE = `${pathToFileURL(dirname(import.meta.dirname)).href}/`;

registerHooks({
  load: (url, context, next) => {
    if (!url.startsWith(WORKSPACE) || !url.endsWith(".ts")) return next(url, context);
    const filename = fileURLToPath(url);
    const { code: source } = transformSync(readFileSync(filename, "utf8"), {
      filename,
      configFile: false,
      swcrc: false,
      sourceMaps: "inline",
      module: { type: "es6" },
      jsc: {
        target: "es2023",
        parser: { syntax: "typescript", decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      },
    });
    return { format: "module", source, shortCircuit: true };
  },
});
