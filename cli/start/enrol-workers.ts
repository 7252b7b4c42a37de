import { existsSync, readFileSync } from "node:fs";
import type { DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { runWorkers } from "../workers/run.ts";
import type { DataFolder } from "./data-folder.ts";
import { Failure } from "./failure.ts";

const DAY_SECONDS = 86_400;

/** The creds file of the worker that is named for its role; the worker renews it itself. */
export const workerCreds = (data: DataFolder, role: DataPlaneRole): string => data.file("nats", `${role}.creds`);

/** At the first start, and when the platform was off for so long that a worker's user has ended. */
export async function enrolOwnWorkers(data: DataFolder): Promise<void> {
  await Promise.all(
    (["edge", "process", "deliver"] as const).map(async (role) => {
      const file = workerCreds(data, role);
      if (isGood(file)) return;
      const { code, output } = await runWorkers(data, ["enrol", role, "--role", role, "--out", file], "pipe");
      if (code !== 0) throw new Failure(`The worker ${role} could not be enrolled: ${output}`);
    }),
  );
}

/** Its user has an end, as those from before there were workers have not, and that is not near. */
function isGood(file: string): boolean {
  if (!existsSync(file)) return false;
  const jwt = /-+BEGIN NATS USER JWT-+\s+(\S+)/.exec(readFileSync(file, "utf8"))?.[1] ?? "";
  const { exp } = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString() || "{}") as { exp?: number };
  return exp !== undefined && exp > Date.now() / 1000 + DAY_SECONDS;
}
