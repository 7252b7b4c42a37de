import { createOrm } from "./orm.ts";

/**
 * Brings the database to the current schema as its owner, then lets the application's role (the user of `databaseUrl`,
 * made when it does not exist) read and write it. That role owns nothing, so row-level security binds it.
 */
export async function migrate(ownerUrl: string, databaseUrl: string): Promise<void> {
  const orm = await createOrm(ownerUrl);
  try {
    await orm.migrator.up();
    const { username, password } = new URL(databaseUrl);
    const role = identifier(decodeURIComponent(username));
    const execute = (sql: string) => orm.em.getConnection().execute(sql);
    const known = await execute(`select 1 from pg_roles where rolname = ${literal(decodeURIComponent(username))}`);
    if ((known as unknown[]).length === 0) {
      await execute(`create role ${role} login password ${literal(decodeURIComponent(password))}`);
    }
    // at once: in between the log could be changed
    await orm.em.fork().transactional(async (em) => {
      await em.execute(`grant usage on schema public to ${role}`);
      await em.execute(`grant select, insert, update, delete on all tables in schema public to ${role}`);
      await em.execute(`revoke update, delete on audit_log, policies, pipeline_versions from ${role}`);
      await em.execute(`revoke all on schema_migrations from ${role}`);
    });
  } finally {
    await orm.close(true);
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
