import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A process, told apart from any later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** when it began, in the system's own form: only good for comparing */
  readonly started: string;
}

/** The process with this pid; undefined when there is none (a zombie is none). */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = process.platform === "linux" ? startedByProc(pid) : startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** True while exactly this process lives, not another one that got its pid. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.started === identity.started;
}

/** proc(5): field 22 of `stat` counts clock ticks since boot; the name, field 2, may hold anything up to its last `)` */
function startedByProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

function startedByPs(pid: number): string | undefined {
  try {
    const output = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, LC_ALL: "C" },
    });
    const [state, ...started] = output.trim().split(/\s+/);
    return state === undefined || state === "" || state.startsWith("Z") ? undefined : started.join(" ");
  } catch {
    return undefined;
  }
}
