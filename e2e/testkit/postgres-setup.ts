import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openDataFolder } from "@o2mc/cli/start/data-folder.ts";
import { preparePostgres, SUPERUSER } from "@o2mc/cli/start/postgres/cluster.ts";
import { postgresReady } from "@o2mc/cli/start/postgres/databases.ts";

const READY_MS = 30_000;

/**
 * Before all tests: one PostgreSQL, run in the launcher's own way, so that it also works as root in a checkout that is
 * root's alone. Each test file makes a database of its own on `O2MC_TEST_POSTGRES`.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const data = openDataFolder(mkdtempSync(join(tmpdir(), "o2mc-test-pg-")));
  const password = randomBytes(12).toString("hex");
  const port = await freePort();
  const { command, args } = await preparePostgres(data, port, password, new AbortController().signal);
  const server = spawn(command, [...args, "-c", "fsync=off"], { stdio: "ignore", cwd: "/" });
  const ended = once(server, "exit");
  for (
    const until = Date.now() + READY_MS;
    !(await postgresReady(port, password).catch(() => false));
    await sleep(20)
  ) {
    if (server.exitCode !== null || Date.now() > until) throw new Error("the tests' PostgreSQL does not start");
  }
  process.env["O2MC_TEST_POSTGRES"] = `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
  return async () => {
    server.kill("SIGINT");
    await ended;
    rmSync(data.path, { recursive: true, force: true });
  };
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer().once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });
}
