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

/** Ends one of them with SIGKILL, also when it stands still; the launcher starts it again. */
export function killChild(platform: Platform, name: string): void {
  process.kill(childPid(platform, name), "SIGKILL");
}

/** Makes one stand still wherever it is, so that what it has left undone can be looked at before it is killed. */
export function freezeChild(platform: Platform, name: string): void {
  process.kill(childPid(platform, name), "SIGSTOP");
}

export function thawChild(platform: Platform, name: string): void {
  process.kill(childPid(platform, name), "SIGCONT");
}
