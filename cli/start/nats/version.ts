import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Pinned consumers, per-message TTL and consumer reset are all there from here on. */
export const MINIMUM = "2.14.0";
/** What is fetched where there is none. */
export const WANTED = "2.15.1";

/** The version in the output of `nats-server --version` (`nats-server: v2.15.1`); undefined when it is none. */
export function parseVersion(text: string): string | undefined {
  return /nats-server:\s+v?(\d+\.\d+\.\d+)/.exec(text)?.[1];
}

/** Compares `major.minor.patch`. */
export function isAtLeast(version: string, minimum: string): boolean {
  const numbers = (text: string): number[] => text.split(".").map(Number);
  const wanted = numbers(minimum);
  for (const [index, part] of numbers(version).entries()) {
    if (part !== wanted[index]) return part > (wanted[index] ?? 0);
  }
  return true;
}

/** The version of a program that runs here and is new enough; undefined for everything else. */
export async function usableVersion(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ["--version"], { timeout: 10_000 });
    const version = parseVersion(stdout);
    return version !== undefined && isAtLeast(version, MINIMUM) ? version : undefined;
  } catch {
    return undefined;
  }
}
