import { open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FolderRule } from "@o2mc/runtime/outgoing/folder-rule.ts";
import type { FileOptions } from "@o2mc/schema/destinations/file.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";
import { token } from "@o2mc/schema/subjects.ts";
import { type Batch, type Destination, type DestinationContext, type Erasure, NotConnected } from "../destination.ts";
import { outgoingError } from "../outgoing-error.ts";
import { fileText } from "./format.ts";

/**
 * Files `<output>-<first>-<last>.<format>`: the name carries the RESULTS sequences that the file holds, so the directory
 * itself says what has been written. A file is whole when it has its name: before, it is hidden.
 */
export class FileWriter implements Destination {
  readonly #options: FileOptions;
  readonly #delivery: string;
  readonly #output: OutputType;
  readonly #folders: FolderRule;
  /** its real path, free of symbolic links, once connected */
  #directory: string;
  #resumeAfter = 0;

  constructor(options: FileOptions, { delivery, output, outgoing }: DestinationContext) {
    token(output.name);
    this.#options = options;
    this.#directory = options.directory;
    this.#folders = outgoing.folders;
    this.#delivery = delivery;
    this.#output = output;
  }

  async connect(): Promise<void> {
    try {
      this.#directory = await this.#folders.make(this.#options.directory);
      await this.#claim();
      const names = await readdir(this.#directory);
      const own = names.filter((name) => name.startsWith(`.${this.#stem}-`) && name.endsWith(".tmp"));
      await Promise.all(own.map((name) => rm(this.#path(name), { force: true })));
      this.#resumeAfter = Math.max(0, ...names.map((name) => this.#lastSequence(name)));
    } catch (error) {
      throw typed(error);
    }
  }

  resumeAfter(): number {
    return this.#resumeAfter;
  }

  async write(batch: Batch): Promise<void> {
    const name = `${this.#output.name}-${batch.first}-${batch.last}.${this.#options.format}`;
    await this.#store(name, `${batch.first}-${batch.last}`, fileText(this.#options.format, this.#output, batch.rows));
    this.#resumeAfter = batch.last;
  }

  /** Files may have been taken elsewhere since: a tombstone tells who reads them which rows of files up to `through` to forget. */
  async erase({ id, erasureKey }: Erasure): Promise<Readonly<Record<string, unknown>>> {
    const name = `erasure-${token(id)}-${this.#output.name}.jsonl`;
    const place = { output: this.#output.name, through: this.#resumeAfter };
    const tombstone = { type: "erasure", id, ...place, subject_key: erasureKey };
    await this.#store(name, `erasure-${id}`, `${JSON.stringify(tombstone)}\n`);
    return { tombstone: name };
  }

  async #store(name: string, stem: string, text: string): Promise<void> {
    const temporary = this.#path(`.${this.#stem}-${stem}.tmp`);
    try {
      const file = await open(temporary, "w", 0o640);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path(name));
      await this.#syncDirectory();
    } catch (error) {
      throw typed(error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get #stem(): string {
    return `${this.#output.name}-${this.#delivery}`;
  }

  /**
   * The sequences in file names mean something to one delivery only; another one that shares directory and output would
   * skip its results by them. So the first one to come keeps the directory.
   */
  async #claim(): Promise<void> {
    const path = this.#path(`.${this.#output.name}.owner`);
    try {
      await writeFile(path, `${this.#delivery}\n`, { flag: "wx", flush: true });
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
      const owner = (await readFile(path, "utf8")).trim();
      if (owner === this.#delivery) return;
      throw new NotConnected(
        "file.directory-in-use",
        `${path} says that the directory holds the same output of delivery ${owner}; choose another directory`,
      );
    }
    await this.#syncDirectory();
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#directory, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  #lastSequence(name: string): number {
    const prefix = `${this.#output.name}-`;
    const match = name.startsWith(prefix) ? /^\d+-(\d+)\.(?:jsonl|csv)$/.exec(name.slice(prefix.length)) : null;
    return match === null ? 0 : Number(match[1]);
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/** Whatever a file system refuses (full, read-only, gone), another row would not change it. */
function typed(error: unknown): unknown {
  const refused = outgoingError(error);
  if (refused !== undefined) return refused;
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return error;
  return new NotConnected(`file.${String(error.code)}`, "the directory can't be written", error);
}
