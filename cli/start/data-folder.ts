import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Failure } from "./failure.ts";

/** Where everything of one platform lives. */
export interface DataFolder {
  readonly path: string;
  file(...names: readonly string[]): string;
  /** makes it when it is not there, for its owner only */
  folder(...names: readonly string[]): string;
}

/** PostgreSQL's first files are 60 MB and its log of changes grows to some hundred. */
const LEAST_FREE_MB = 200;

/** One of these is there from the first moment of the first start. */
const MARKS = ["lock", "children.json", "ports.json", "secrets.json"];

/** Makes the folder when it is not there; throws a Failure when it can't be one, or holds what is not the platform's. */
export function openDataFolder(path: string): DataFolder {
  const root = resolve(path);
  let free: number;
  let names: string[];
  try {
    mkdirSync(dirname(root), { recursive: true, mode: 0o700 });
    if (!existsSync(root)) mkdirSync(root, { mode: 0o700 });
    names = readdirSync(root);
    const { bavail, bsize } = statfsSync(root);
    free = (bavail * bsize) / 1024 ** 2;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure(`The data folder ${root} can't be used (${reason}): set O2MC_DATA_DIR to a folder of your own.`);
  }
  // it is closed to others from here on, which would be no kindness to a home folder or to /tmp
  if (names.length > 0 && !MARKS.some((mark) => names.includes(mark))) {
    throw new Failure(
      `The folder ${root} holds other things than a platform's data: set O2MC_DATA_DIR to an empty one.`,
    );
  }
  if (free < LEAST_FREE_MB) {
    throw new Failure(
      `The disk of the data folder ${root} has ${Math.floor(free)} MB left, and the platform needs ${LEAST_FREE_MB}: ` +
        "make room, or set O2MC_DATA_DIR to a folder on another disk.",
    );
  }
  protect(root);
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

function protect(root: string): void {
  try {
    chmodSync(root, 0o700);
  } catch {
    throw new Failure(`The data folder ${root} belongs to another user: set O2MC_DATA_DIR to a folder of your own.`);
  }
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
