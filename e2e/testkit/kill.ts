import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "./platform.ts";

interface RecordedChild {
  readonly name: string;
  readonly pid: number;
}

/** Ends one of the platform's own children with SIGKILL, found by the launcher's record; the launcher starts it again. */
export function killChild(platform: Platform, name: string): void {
  const children = JSON.parse(readFileSync(join(platform.dataDir, "children.json"), "utf8")) as RecordedChild[];
  const child = children.find((each) => each.name === name);
  if (child === undefined) throw new Error(`no child ${name} among ${children.map((each) => each.name).join(", ")}`);
  process.kill(child.pid, "SIGKILL");
}
