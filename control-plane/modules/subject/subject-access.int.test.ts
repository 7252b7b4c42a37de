import { createLogger } from "@o2mc/runtime/log.ts";
import type { StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import type { DeadLetter } from "@o2mc/schema/events/dead-letter.ts";
import { deadSubject } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../../e2e/testkit/nats-operator.ts";
import { SecretBox } from "../../db/secret.ts";
import type { TenantConnection } from "../../hub/connection.ts";
import { Hub } from "../../hub/hub.ts";
import { ensureAccount } from "../../publish/ensure-account.ts";
import { startApi, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";
import { tenantHub } from "../result/tenant-hub.ts";

let server: NatsOperator;
let hub: Hub;
let api: TestApi;
let tenant: Fixture;
let connection: TenantConnection;
let officer: string;

beforeAll(async () => {
  server = await startNatsOperator();
  hub = await Hub.connect(server);
  api = await startApi({ hub: (orm, secrets) => tenantHub(orm, secrets, hub, createLogger("test", "silent")) });
  tenant = await makeTenant(api, "one");
  const account = await ensureAccount(api.database.orm, new SecretBox(Buffer.alloc(32, 7)), "one");
  if (account === null) throw new Error("no tenant");
  connection = await hub.ensureTenant("one", account);
  officer = await api.issuer.token({ tenant: "one", roles: ["privacy-officer"], sub: "officer" });
});

afterAll(async () => {
  await api?.stop();
  await hub?.close();
  await server?.stop();
});

const ACCESS = `mutation ($s: String!) { subjectAccess(subject: $s) { name content } }`;
const GIVE = `mutation ($a: ID!, $s: String!) { giveConsent(application: $a, subject: $s, purposes: ["analytics"]) }`;

interface File {
  readonly subjectKey: string;
  readonly applications: readonly {
    readonly consent: object | null;
    readonly receipts: readonly StoredReceipt[];
    readonly deadLetters: readonly DeadLetter[];
    readonly destinations: readonly object[];
  }[];
  readonly notIncluded: readonly string[];
}

const access = async (s: string): Promise<File> =>
  JSON.parse((await api.ask(officer, ACCESS, { s })).get<{ content: string }>("subjectAccess").content) as File;

const dead = (subjectKey: string, page: string): Promise<unknown> => {
  const letter: DeadLetter = {
    v: 1,
    at: 1,
    stage: "process",
    owner: tenant.pipeline,
    code: "late",
    message: "late",
    subjectKey,
    row: { page },
  };
  return connection.js.publish(deadSubject(tenant.application, "process", tenant.pipeline), JSON.stringify(letter));
};

test("one file holds what is held about the subject, of nobody else, and says what it cannot show", async () => {
  expect((await access("ann")).applications).toMatchObject([{ consent: null, receipts: [], deadLetters: [] }]);
  for (const s of ["ann", "bob"]) await api.ask(officer, GIVE, { a: tenant.application, s });
  const { subjectKey } = await access("ann");
  await dead(subjectKey, "/of-ann");
  await dead((await access("bob")).subjectKey, "/of-bob");
  // one that nobody can read made the whole file an internal error
  const subject = deadSubject(tenant.application, "process", tenant.pipeline);
  for (const unreadable of ["{", "null"]) await connection.js.publish(subject, unreadable);

  const file = await access("ann");
  expect(file.applications).toMatchObject([
    {
      consent: { purposes: ["analytics"], policyVersion: 1 },
      receipts: [{ receipt: { subjectKey, event: { kind: "given" } } }],
      deadLetters: [{ row: { page: "/of-ann" } }],
      destinations: [{ destination: "warehouse", kind: "postgres", output: "pages" }],
    },
  ]);
  expect(file.notIncluded.length).toBeGreaterThan(0);
  const { subjectKey: bob } = await access("bob");
  expect(JSON.stringify(file)).not.toMatch(new RegExp(`of-bob|${bob}|hunter2`));
});

test("it is on record, without the subject's name, and nobody else's to ask for", async () => {
  await access("jane.doe@example.com");
  const audit = await api.ask(officer, `{ auditLog(first: 200) { edges { node { action target } } } }`);
  expect(audit.text).toContain("subject.accessed");
  expect(audit.text).not.toContain("jane.doe");
  for (const role of ["owner", "developer", "analyst"] as const) {
    const token = await api.issuer.token({ tenant: "one", roles: [role], sub: role });
    expect((await api.ask(token, ACCESS, { s: "ann" })).codes).toEqual(["FORBIDDEN"]);
  }
});
