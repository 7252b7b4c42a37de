import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDatabase, type TestDatabase } from "../test/database.ts";
import { ApplicationRow } from "./entities/application.ts";
import { AuditEntryRow } from "./entities/audit-entry.ts";
import { OutboxRow } from "./entities/outbox.ts";
import { SourceRow } from "./entities/source.ts";
import { TenantRow } from "./entities/tenant.ts";
import { migrate } from "./migrate.ts";
import { asDispatcher, inTenant } from "./orm.ts";
import { enqueue } from "./outbox.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await startDatabase();
  for (const id of ["a", "b"]) {
    await inTenant(database.orm, id, async (em) => {
      em.create(TenantRow, { id, name: id, subjectSalt: "sealed" });
      await em.flush();
      em.create(ApplicationRow, application(id));
      await em.flush();
      await enqueue(em, { kind: "deployment", tenant: id, application: `app_${id}` });
    });
  }
});

afterAll(() => database?.stop());

const application = (tenant: string) => ({ id: `app_${tenant}`, tenant, slug: "shop", name: "Shop", partitions: 1 });

test("a forgotten tenant sees nothing", async () => {
  await database.orm.em.fork().transactional(async (em) => {
    expect(await em.count(TenantRow)).toBe(0);
    expect(await em.count(ApplicationRow)).toBe(0);
    expect(await em.count(OutboxRow)).toBe(0);
  });
});

test("a tenant sees its own rows only", async () => {
  const ids = await inTenant(database.orm, "a", async (em) => (await em.findAll(ApplicationRow)).map((row) => row.id));
  expect(ids).toEqual(["app_a"]);
});

test("a row for another tenant is refused", async () => {
  const foreign = inTenant(database.orm, "a", async (em) => {
    em.create(ApplicationRow, { ...application("b"), id: "app_x", slug: "x" });
    await em.flush();
  });
  await expect(foreign).rejects.toThrow(/row-level security/);
});

test("a row of one's own cannot refer to another tenant's", async () => {
  const foreign = inTenant(database.orm, "a", async (em) => {
    em.create(SourceRow, {
      id: "src_x",
      tenant: "a",
      application: "app_b",
      name: "x",
      kind: "rest",
      consentMode: "owner",
      origins: [],
    });
    await em.flush();
  });
  await expect(foreign).rejects.toThrow(/foreign key/);
});

test("two hundred mixed transactions on one pool keep their tenants apart", async () => {
  const tenants = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? "a" : "b"));
  const seen = await Promise.all(
    tenants.map((id) => inTenant(database.orm, id, async (em) => (await em.findAll(ApplicationRow))[0]?.tenant)),
  );
  expect(seen).toEqual(tenants);
});

test("the dispatcher sees every tenant's outbox and no application", async () => {
  await asDispatcher(database.orm, async (em) => {
    expect((await em.findAll(OutboxRow)).map((row) => [row.tenant, row.payload])).toEqual([
      ["a", { revision: 1 }],
      ["b", { revision: 1 }],
    ]);
    expect(await em.count(ApplicationRow)).toBe(0);
    expect(await em.nativeUpdate(OutboxRow, { tenant: "b" }, { doneAt: new Date() })).toBe(1);
  });
});

test("the outbox notifies after commit", async () => {
  const listener = new Client(database.url);
  await listener.connect();
  try {
    await listener.query("listen outbox");
    const heard = new Promise((done) => listener.once("notification", done));
    await inTenant(database.orm, "a", (em) => enqueue(em, { kind: "tenant", tenant: "a" }));
    expect(await heard).toMatchObject({ channel: "outbox" });
  } finally {
    await listener.end();
  }
});

test("the audit log can be written, not changed", async () => {
  await inTenant(database.orm, "a", async (em) => {
    em.create(AuditEntryRow, { tenant: "a", actor: "x", action: "y", target: "z", details: {} });
    await em.flush();
  });
  const change = inTenant(database.orm, "a", (em) => em.nativeUpdate(AuditEntryRow, {}, { actor: "other" }));
  await expect(change).rejects.toThrow(/permission denied/);
});

test("migrating again changes nothing", async () => {
  await migrate(database.ownerUrl, database.url);
});
