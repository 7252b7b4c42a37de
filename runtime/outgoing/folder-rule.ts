import { mkdir, realpath } from "node:fs/promises";
import { dirname, join, normalize, relative, sep } from "node:path";
import { OutgoingRefused } from "./outgoing-refused.ts";

/** Says which folders of the machine the platform may write to in a tenant's name. */
export class FolderRule {
  readonly #roots: readonly string[];

  /** `roots`: absolute paths */
  constructor(roots: readonly string[]) {
    this.#roots = roots.map(normalize);
  }

  /** What can be known from the text alone; throws an OutgoingRefused. */
  check(folder: string): void {
    if (!this.#roots.some((root) => isWithin(root, normalize(folder)))) throw refused(folder);
  }

  /** Makes the folder and returns its real path; throws an OutgoingRefused when that is in no root, before anything is made. */
  async make(folder: string): Promise<string> {
    this.check(folder);
    const roots = await Promise.all(this.#roots.map(makeRoot));
    const allowed = (path: string): boolean => roots.some((root) => isWithin(root, path));
    // of what is not there yet nothing can be a symbolic link: the nearest that is there decides
    if (!allowed(await nearestRealPath(normalize(folder)))) throw refused(folder);
    await mkdir(folder, { recursive: true });
    const real = await realpath(folder);
    if (!allowed(real)) throw refused(folder);
    return real;
  }
}

async function makeRoot(root: string): Promise<string> {
  await mkdir(root, { recursive: true });
  return realpath(root);
}

async function nearestRealPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (parent === path || !(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return join(await nearestRealPath(parent), relative(parent, path));
  }
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
}

const refused = (folder: string): OutgoingRefused =>
  new OutgoingRefused("outgoing.folder-refused", `${folder} is in none of the folders that the operator has opened`);
