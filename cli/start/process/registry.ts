import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { writePrivate } from "../data-folder.ts";
import { endProcess } from "./end.ts";
import { identify, isAlive, type ProcessIdentity } from "./identity.ts";

const Recorded = z.array(
  z.object({ name: z.string(), pid: z.number(), started: z.string(), stopSignal: z.enum(["SIGTERM", "SIGINT"]) }),
);
type RecordedChild = z.infer<typeof Recorded>[number];

/**
 * The launcher's children, on disk, in the order in which they were first started: what a killed launcher leaves behind.
 * One that was started again keeps its place, so that servers outlive their clients when the rest is ended.
 */
export class ChildRegistry {
  readonly #file: string;
  readonly #order: string[] = [];
  #children: RecordedChild[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  add(name: string, pid: number, stopSignal: RecordedChild["stopSignal"]): ProcessIdentity | undefined {
    const identity = identify(pid);
    if (identity === undefined) return undefined;
    if (!this.#order.includes(name)) this.#order.push(name);
    this.#children.push({ name, ...identity, stopSignal });
    this.#children.sort((a, b) => this.#order.indexOf(a.name) - this.#order.indexOf(b.name));
    this.#write();
    return identity;
  }

  remove(pid: number): void {
    this.#children = this.#children.filter((child) => child.pid !== pid);
    this.#write();
  }

  /** Ends what an earlier launcher left behind, last started first; returns the names. */
  async endOrphans(): Promise<string[]> {
    const orphans = readRecorded(this.#file).filter(isAlive).reverse();
    for (const orphan of orphans) await endProcess(orphan, orphan.stopSignal);
    this.#write();
    return orphans.map(({ name }) => name);
  }

  #write(): void {
    writePrivate(this.#file, JSON.stringify(this.#children, null, 2));
  }
}

function readRecorded(file: string): RecordedChild[] {
  if (!existsSync(file)) return [];
  const result = Recorded.safeParse(JSON.parse(readFileSync(file, "utf8")));
  return result.success ? result.data : [];
}
