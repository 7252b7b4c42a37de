import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "./platform.ts";

interface RecordedChild {
  readonly name: string;
  readonly pid: number;
}

/** The process id of one of the platform's own children, by the launcher's record. */
export function childPid(platform: Platform, name: string): number {
  const children = JSON.parse(readFileSync(join(platform.dataDir, "children.json"), "utf8")) as RecordedChild[];
  const child = children.find((each) => each.name === name);
  if (child === undefined) throw new Error(`no child ${name} among ${children.map((each) => each.name).join(", ")}`);
  return child.pid;
}

/** Ends one of them with SIGKILL; the launcher starts it again. */
export function killChild(platform: Platform, name: string): void {
  process.kill(childPid(platform, name), "SIGKILL");
}
