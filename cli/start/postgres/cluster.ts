import { execFile } from "node:child_process";
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { writePrivate, type DataFolder } from "../data-folder.ts";
import { Failure } from "../failure.ts";
import { databaseOwner } from "./account.ts";
import { postgresBinaries } from "./binaries.ts";

export const SUPERUSER = "o2mc_admin";
const INITDB_MS = 120_000;

export interface Cluster {
  readonly command: string;
  readonly args: readonly string[];
}

/** Makes the database cluster at the first start; returns the command that serves it on `port`. */
export async function preparePostgres(
  data: DataFolder,
  port: number,
  superuserPassword: string,
  signal: AbortSignal,
): Promise<Cluster> {
  const { postgres, initdb } = await postgresBinaries();
  makeExecutable(postgres);
  makeExecutable(initdb);
  const folder = data.folder("postgres");
  const asOwner = databaseOwner(folder);
  const cluster = `${folder}/data`;
  if (!existsSync(`${cluster}/PG_VERSION`)) {
    // aside, and renamed when it is whole: the initdb of a start that was killed may still be writing into its own
    const making = `${folder}/making-${process.pid}`;
    for (const name of readdirSync(folder))
      rmSync(`${folder}/${name}`, { recursive: true, force: true, maxRetries: 5 });
    const passwordFile = data.file("postgres-password");
    writePrivate(passwordFile, superuserPassword);
    const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
    const [command, args] = asOwner(initdb, [
      "-D",
      making,
      `--username=${SUPERUSER}`,
      "--auth=scram-sha-256",
      `--pwfile=${passwordFile}`,
      ...locale,
    ]);
    try {
      await promisify(execFile)(command, [...args], { timeout: INITDB_MS, cwd: "/", signal });
    } catch (cause) {
      const { stderr } = cause as { stderr?: string };
      throw new Failure(`PostgreSQL's initdb failed: ${(stderr ?? String(cause)).trim()}`);
    } finally {
      rmSync(passwordFile, { force: true });
    }
    renameSync(making, cluster);
  }
  const settings = [
    "listen_addresses=127.0.0.1",
    // only the port: a socket file in /tmp would meet that of another server, and its path may be too long here
    "unix_socket_directories=",
    "max_connections=200",
    "lc_messages=C",
  ];
  const flags = settings.flatMap((setting) => ["-c", setting]);
  const [command, args] = asOwner(postgres, ["-D", cluster, "-p", String(port), ...flags]);
  return { command, args };
}

function makeExecutable(file: string): void {
  if ((statSync(file).mode & 0o111) !== 0o111) chmodSync(file, 0o755);
}
