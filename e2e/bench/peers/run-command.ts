import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Command } from "./peer.ts";

const run = promisify(execFile);
const TIME = /(\d+)m([\d.]+)s/g;
const TIMEOUT_MS = 300_000;

/** Runs a command to its end, on one core; gives the seconds of CPU that it and its children took. */
export async function cpuSeconds({ argv, env = {}, stdin, stdout }: Command): Promise<number> {
  const script = `set -e; "$@" < ${stdin === undefined ? "/dev/null" : '"$STDIN"'} > ${stdout === undefined ? "/dev/null" : '"$STDOUT"'}; times >&2`;
  const files = {
    ...(stdin === undefined ? {} : { STDIN: stdin }),
    ...(stdout === undefined ? {} : { STDOUT: stdout }),
  };
  const pinned = process.platform === "linux" ? ["taskset", "-c", "0", ...argv] : argv;
  const { stderr } = await run("sh", ["-c", script, "sh", ...pinned], {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env, ...files },
    timeout: TIMEOUT_MS,
    maxBuffer: 1 << 24,
  });
  // the shell's own line, then its children's
  const [, , user, system] = [...stderr.matchAll(TIME)]
    .slice(-4)
    .map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  if (user === undefined || system === undefined) throw new Error(`no times in ${JSON.stringify(stderr)}`);
  return user + system;
}
