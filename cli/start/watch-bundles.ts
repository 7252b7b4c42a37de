import { watch } from "node:fs";
import { join } from "node:path";
import type { StartContext } from "./context.ts";
import type { PortName } from "./ports.ts";

/** What esbuild makes of these is served to browsers: `node --watch` sees only what a process itself imports. */
const BUNDLED: readonly (readonly [folder: string, name: PortName])[] = [
  ["sloc/src", "edge"],
  ["e2e/shop/public", "shop"],
];

/** An editor writes a file in several steps. */
const SETTLED_MS = 200;

/** Starts the process that serves a bundle again when the bundle's source has changed. */
export function watchBundles({ repository, supervisor, signal }: StartContext): void {
  for (const [folder, name] of BUNDLED) {
    let timer: NodeJS.Timeout | undefined;
    watch(join(repository, folder), { recursive: true, signal }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => void supervisor.renew(name, `${folder} has changed`), SETTLED_MS);
    });
  }
}
