import { readFileSync } from "node:fs";
import { childPid } from "../testkit/kill.ts";
import type { Platform } from "../testkit/platform.ts";

/** Linux: USER_HZ, the same on every architecture that Node runs on */
const TICKS_A_SECOND = 100;

/** Seconds of CPU that the platform's processes of these names have used, all threads, user and system. */
export function cpuSeconds(platform: Platform, names: readonly string[]): number {
  let ticks = 0;
  for (const name of names) {
    const stat = readFileSync(`/proc/${childPid(platform, name)}/stat`, "utf8");
    // the name in brackets may hold blanks; utime and stime are fields 14 and 15
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_A_SECOND;
}
