import { execFile } from "node:child_process";

/** Runs a program to its end; throws with the last line that it wrote when it fails or takes longer than `timeoutMs`. */
export function run(
  program: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
  },
): Promise<string> {
  const { timeoutMs: timeout, ...rest } = options;
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { ...rest, timeout, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const last = stderr.trim().split("\n").at(-1);
      const reason = error.killed ? `took longer than ${timeout / 1000} s` : last || error.message;
      reject(new Error(reason, { cause: error }));
    });
  });
}

/** True when the program is there and answers. */
export async function answers(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return run(program, args, { cwd: "/", env, timeoutMs: 10_000 }).then(
    () => true,
    () => false,
  );
}
