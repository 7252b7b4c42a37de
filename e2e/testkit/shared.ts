import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** A file of the shared real inputs: `O2MC_SHARED`, else the folder `shared` beside the repository. */
export function sharedFile(name: string): string {
  const folder = process.env["O2MC_SHARED"] ?? resolve(import.meta.dirname, "../../../shared");
  const file = join(folder, "data", name);
  if (!existsSync(file)) throw new Error(`${file} is missing: set O2MC_SHARED to the folder with the shared inputs`);
  return file;
}
