import { createLogger } from "@o2mc/runtime/log.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "../auth/actor.ts";
import { FailedAttempts } from "@o2mc/runtime/failed-attempts.ts";
import { Signer } from "../auth/signer.ts";
import { TenantRow } from "../db/entities/tenant.ts";
import { inTenant } from "../db/orm.ts";
import { SecretBox } from "../db/secret.ts";
import { noHub } from "../test/api.ts";
import { Rehearsals } from "../rehearsal/rehearsals.ts";
import { SubscriberCount } from "../modules/result/subscriber-count.ts";
import { startDatabase, type TestDatabase } from "../test/database.ts";
import type { Context } from "./context.ts";
import { withinDeadline } from "./limits/deadline.ts";
import { change, read } from "./scope.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await startDatabase();
  await inTenant(database.orm, "one", async (em) => {
    em.create(TenantRow, { id: "one", name: "One", subjectSalt: "sealed" });
    await em.flush();
  });
});

afterAll(() => database?.stop());

const ACTOR: Actor = {
  kind: "person",
  session: { sid: null, issuedAt: 0 },
  id: "x",
  name: "x",
  person: "x",
  email: null,
  tenant: "one",
  credential: null,
  expiresAt: Number.MAX_SAFE_INTEGER,
  roles: ["owner"],
};

function context(milliseconds: number): Context {
  const secrets = new SecretBox(Buffer.alloc(32));
  return {
    services: {
      orm: database.orm,
      secrets,
      signer: new Signer(Buffer.alloc(32)),
      outgoing: { allow: [], deny: [], fileRoots: [] },
      hub: noHub,
      subscribers: new SubscriberCount(database.orm, createLogger("test", "silent")),
      rehearsals: new Rehearsals({ program: "" }),
      invitationAttempts: new FailedAttempts(),
    },
    from: { address: "192.0.2.1", userAgent: null },
    deadline: Date.now() + milliseconds,
    actor: () => Promise.resolve(ACTOR),
  };
}

const TIMEOUT = { code: "OPERATION_TIMEOUT" };
const entries = (): Promise<number> =>
  inTenant(database.orm, "one", async (em) =>
    Number((await em.execute<{ n: string }[]>("select count(*) as n from audit_log"))[0]?.n),
  );

test("a statement that runs on past the operation's time is cancelled", async () => {
  const slow = read(context(200), "application.read", ({ em }) => em.execute("select pg_sleep(60)"));
  await expect(slow).rejects.toMatchObject(TIMEOUT);
});

test("a change that waits for a lock past its time is undone", async () => {
  const before = await entries();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const holding = inTenant(database.orm, "one", async (em) => {
    await em.execute("select 1 from tenants for update");
    await held;
  });
  const waiting = change(context(300), "application.write", async ({ em, audit }) => {
    audit("something.changed", "x");
    await em.execute("update tenants set name = 'changed'");
  });
  await expect(waiting).rejects.toMatchObject(TIMEOUT);
  release();
  await holding;
  expect(await entries()).toBe(before);
});

test("a change that is ready too late is undone", async () => {
  const before = await entries();
  const late = change(context(50), "application.write", async ({ audit }) => {
    audit("something.changed", "x");
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  await expect(late).rejects.toMatchObject(TIMEOUT);
  expect(await entries()).toBe(before);
});

test("work outside the database ends in time for who asks", async () => {
  await expect(withinDeadline(context(50), new Promise(() => undefined))).rejects.toMatchObject(TIMEOUT);
  expect(await withinDeadline(context(1_000), Promise.resolve(1))).toBe(1);
});
