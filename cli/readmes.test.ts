import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { OUTGOING_VARIABLES } from "@o2mc/runtime/outgoing/outgoing.ts";
import { expect, test } from "vitest";

/** Each package's README names its environment and its folders: neither more nor less than there is. */

const REPOSITORY = resolve(import.meta.dirname, "..");

const PACKAGES: readonly (readonly [folder: string, environment: (file: string) => boolean])[] = [
  ["schema", () => false],
  ["runtime", () => false],
  ["control-plane", (file) => file === "env.ts"],
  ["data-plane", (file) => /(^|-|\/)env\.ts$/.test(file)],
  ["sloc", () => false],
  ["cli", (file) => !file.endsWith(".test.ts")],
  ["e2e", (file) => !file.startsWith("shop/") || file === "shop/take-pictures.ts"],
  ["e2e/shop", (file) => file === "env.ts"],
];

/** `O2MC_X:` in a schema, `env["O2MC_X"]`, `.env("O2MC_X")`; not what the launcher sets for others */
const READ = /\b(?:env|environment)(?:\[|\()"((?:O2MC|XDG)_[A-Z_0-9]+)"/g;
const DECLARED = /[\s{](O2MC_[A-Z_0-9]+): *(?:z\b|PostgresUrl|File)/g;

test.each(PACKAGES)("%s/README.md: environment", (folder, hasEnvironment) => {
  const names = sources(join(REPOSITORY, folder))
    .filter(hasEnvironment)
    .flatMap((file) => {
      const text = readFileSync(join(REPOSITORY, folder, file), "utf8");
      const shared = text.includes("...OUTGOING_VARIABLES") ? Object.keys(OUTGOING_VARIABLES) : [];
      return [...shared, ...[...text.matchAll(READ), ...text.matchAll(DECLARED)].map(([, name]) => name)];
    });
  const documented = [...readme(folder).matchAll(/^\| `((?:O2MC|XDG)_[A-Z_0-9]+)` \|/gm)].map(([, name]) => name);
  expect(new Set(documented)).toEqual(new Set(names));
});

test.each(PACKAGES)("%s/README.md: code map", (folder) => {
  const present = readdirSync(join(REPOSITORY, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .map(({ name }) => name);
  const mapped = [...readme(folder).matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, name]) => name);
  expect(new Set(mapped)).toEqual(new Set(present));
});

const readme = (folder: string): string => readFileSync(join(REPOSITORY, folder, "README.md"), "utf8");

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.includes("node_modules"),
  );
}
