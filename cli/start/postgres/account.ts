import { execFileSync } from "node:child_process";
import { chownSync, existsSync, readFileSync, statSync } from "node:fs";
import { Failure } from "../failure.ts";

/** Turns a command into one that runs as the user who owns the database's folder. */
export type AsOwner = (command: string, args: readonly string[]) => readonly [string, readonly string[]];

/** capability(7) numbers; without one of them a stranger can't get through the folders of root */
const DAC_READ_SEARCH = 2n;
const DAC_OVERRIDE = 1n;

/**
 * PostgreSQL refuses to run as root. Then it runs as `postgres`, or `nobody` where that user does not exist, with
 * nothing of root's but the right to go through folders: the data folder and the checkout may lie below /root.
 */
export function databaseOwner(folder: string): AsOwner {
  if (process.getuid?.() !== 0) return (command, args) => [command, args];
  const { uid, gid } = owner(folder);
  chownSync(folder, uid, gid);
  const capability = searchCapability();
  const user = ["--reuid", String(uid), "--regid", String(gid), "--clear-groups"];
  // no_setuid_fixup: else access(2) forgets the capability, and PostgreSQL does not find its own program
  const rights = [`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`, "--securebits=+no_setuid_fixup"];
  return (command, args) => ["setpriv", [...user, ...rights, "--", command, ...args]];
}

/** Who has it already, from an earlier start; else a user that is not root. */
function owner(folder: string): { readonly uid: number; readonly gid: number } {
  const { uid, gid } = statSync(folder);
  if (uid !== 0) return { uid, gid };
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // no such user
    }
  }
  throw new Failure("PostgreSQL does not run as root, and there is no user `nobody`: start as an ordinary user.");
}

function searchCapability(): string {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  const has = (bit: bigint): boolean => ((effective >> bit) & 1n) === 1n;
  const setpriv = ["/usr/bin/setpriv", "/bin/setpriv", "/sbin/setpriv"].some(existsSync);
  if (setpriv && has(DAC_READ_SEARCH)) return "dac_read_search";
  if (setpriv && has(DAC_OVERRIDE)) return "dac_override";
  throw new Failure(
    "PostgreSQL does not run as root, and `setpriv` (util-linux) is missing: start as an ordinary user.",
  );
}
