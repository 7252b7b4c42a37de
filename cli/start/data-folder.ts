import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "./failure.ts";

/** Where everything of one platform lives. */
export interface DataFolder {
  readonly path: string;
  file(...names: readonly string[]): string;
  /** makes it when it is not there, for its owner only */
  folder(...names: readonly string[]): string;
}

export function openDataFolder(path: string): DataFolder {
  const root = resolve(path);
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    chmodSync(root, 0o700);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure(`The data folder ${root} can't be used (${reason}): set O2MC_DATA_DIR to a folder of your own.`);
  }
  return {
    path: root,
    file: (...names) => join(root, ...names),
    folder: (...names) => {
      const folder = join(root, ...names);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
  };
}

/** Writes a file that only its owner can read, whole or not at all. */
export function writePrivate(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode: 0o600, flush: true });
  renameSync(temporary, file);
}

/** The content of a private file that is made once: at the first start by `make`, later as it was. */
export function keepPrivate(file: string, make: () => string): string {
  if (existsSync(file)) return readFileSync(file, "utf8");
  const content = make();
  writePrivate(file, content);
  return content;
}
