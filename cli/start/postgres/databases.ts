import { Client } from "pg";
import { SUPERUSER } from "./cluster.ts";

const HOST = "127.0.0.1";

/** The server answers the superuser. */
export async function postgresReady(port: number, password: string): Promise<boolean> {
  const client = new Client({ host: HOST, port, user: SUPERUSER, password, database: "postgres" });
  client.on("error", () => undefined); // the server may go while we ask
  await client.connect();
  await client.end();
  return true;
}

interface Database {
  readonly name: string;
  readonly owner: Role;
  /** may connect, owns nothing */
  readonly guests: readonly Role[];
}

interface Role {
  readonly name: string;
  readonly password: string;
}

/** Makes the databases and their roles; nobody else may connect to them. Repeating it does no harm. */
export async function ensureDatabases(port: number, password: string, databases: readonly Database[]): Promise<void> {
  const client = new Client({ host: HOST, port, user: SUPERUSER, password, database: "postgres" });
  await client.connect();
  try {
    const name = (text: string): string => client.escapeIdentifier(text);
    for (const { name: database, owner, guests } of databases) {
      for (const role of [owner, ...guests]) {
        const known = await client.query("select 1 from pg_roles where rolname = $1", [role.name]);
        const verb = known.rowCount === 0 ? "create" : "alter";
        await client.query(`${verb} role ${name(role.name)} login password ${client.escapeLiteral(role.password)}`);
      }
      const known = await client.query("select 1 from pg_database where datname = $1", [database]);
      if (known.rowCount === 0) await client.query(`create database ${name(database)} owner ${name(owner.name)}`);
      await client.query(`revoke all on database ${name(database)} from public`);
      for (const { name: guest } of guests) {
        await client.query(`grant connect on database ${name(database)} to ${name(guest)}`);
      }
    }
    await client.query("revoke connect on database postgres, template1 from public");
  } finally {
    await client.end();
  }
}
