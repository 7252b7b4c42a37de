import { join } from "node:path";
import type { StartContext } from "./context.ts";
import { writePrivate } from "./data-folder.ts";
import { natsConfig } from "./nats/config.ts";
import { findNatsServer } from "./nats/find.ts";
import { preparePostgres } from "./postgres/cluster.ts";
import { ensureDatabases, postgresReady } from "./postgres/databases.ts";
import { natsReady } from "./process/ready.ts";

export async function startPostgres({
  data,
  logFolder,
  ports,
  secrets,
  supervisor,
  signal,
}: StartContext): Promise<void> {
  const port = ports.postgres;
  const { command, args } = await preparePostgres(data, port, secrets.databaseSuperuser, signal);
  await supervisor.start({
    name: "postgres",
    command,
    args,
    cwd: "/",
    env: { LC_MESSAGES: "C" },
    logFile: join(logFolder, "postgres.log"),
    isReady: () => postgresReady(port, secrets.databaseSuperuser),
    stopSignal: "SIGINT",
  });
  await ensureDatabases(port, secrets.databaseSuperuser, [
    {
      name: "o2mc",
      owner: { name: "o2mc_owner", password: secrets.databaseOwner },
      guests: [{ name: "o2mc_app", password: secrets.databaseApp }],
    },
    { name: "warehouse", owner: { name: "warehouse", password: secrets.warehouse }, guests: [] },
  ]);
}

export async function startNats(context: StartContext): Promise<void> {
  const { data, logFolder, ports, keys, supervisor, progress, environment, signal } = context;
  const command = await findNatsServer(environment, progress, signal);
  const config = data.file("nats", "nats.conf");
  writePrivate(config, natsConfig(keys, ports.nats, data.file("nats")));
  await supervisor.start({
    name: "nats",
    command,
    args: ["-c", config],
    cwd: "/",
    env: {},
    logFile: join(logFolder, "nats.log"),
    isReady: () => natsReady(ports.nats),
  });
}
