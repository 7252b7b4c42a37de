import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, type ProcessIdentity } from "./identity.ts";

/**
 * Asks a process to stop by `signal` and waits; one that is still there after `graceMs` is killed with its whole group.
 * Returns false when it had to be killed.
 */
export async function endProcess(
  target: ProcessIdentity,
  signal: NodeJS.Signals = "SIGTERM",
  graceMs = 12_000,
): Promise<boolean> {
  if (!isAlive(target)) return true;
  send(target.pid, signal);
  const until = Date.now() + graceMs;
  while (isAlive(target)) {
    if (Date.now() > until) {
      // children lead a group of their own
      if (!send(-target.pid, "SIGKILL")) send(target.pid, "SIGKILL");
      while (isAlive(target)) await sleep(20);
      return false;
    }
    await sleep(20);
  }
  return true;
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // gone between the look and the signal
  }
}
