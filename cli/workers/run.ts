import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { DataFolder } from "../start/data-folder.ts";
import { Failure } from "../start/failure.ts";

const CONTROL_PLANE = resolve(import.meta.dirname, "../../control-plane/bin");

/** type-graphql and MikroORM need decorator metadata, which Node's own type stripping does not make */
export const DECORATORS = ["--import", pathToFileURL(join(CONTROL_PLANE, "decorators.ts")).href];

/** Written at each start. */
export const controlPlaneEnvFile = (data: Pick<DataFolder, "file">): string => data.file("control-plane.env.json");

/** Runs the control plane's command for workers with the environment that its `o2mc start` has; resolves with its exit code. */
export async function runWorkers(
  data: Pick<DataFolder, "file">,
  args: readonly string[],
  stdio: "inherit" | "pipe",
): Promise<{ readonly code: number; readonly output: string }> {
  const file = controlPlaneEnvFile(data);
  if (!existsSync(file)) throw new Failure("There is no platform in this data folder: start it, or set O2MC_DATA_DIR.");
  const own = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  const child = spawn(process.execPath, [...DECORATORS, join(CONTROL_PLANE, "workers.ts"), ...args], {
    env: { ...process.env, ...own },
    stdio: ["ignore", stdio, stdio],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise<number>((done, fail) => {
    child.once("error", fail);
    child.once("close", (status) => done(status ?? 1));
  });
  return { code, output };
}
