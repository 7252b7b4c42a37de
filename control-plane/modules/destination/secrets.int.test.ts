import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROLES } from "../../auth/actions.ts";
import { startApi, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";

let api: TestApi;
let tenant: Fixture;

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
});

afterAll(() => api?.stop());

test("a destination's secret can be written and not read, neither by the API nor in the tables", async () => {
  const token = await api.issuer.token({ tenant: "one", roles: ROLES });
  const answer = await api.ask(
    token,
    `query ($id: ID!) { destination(id: $id) { kind options } auditLog { edges { node { details } } } }`,
    {
      id: tenant.destination,
    },
  );
  expect(answer.data?.["destination"]).toEqual({
    kind: "POSTGRES",
    options: { host: "db", port: 5432, database: "w", user: "u", schema: "public", table: "pages", tls: true },
  });
  expect(answer.text).not.toContain("hunter2");
  const client = new Client(api.database.ownerUrl);
  await client.connect();
  const { rows } = await client.query(
    "select row_to_json(d) as row from destinations d union all select row_to_json(o) from outbox o",
  );
  await client.end();
  expect(JSON.stringify(rows)).not.toContain("hunter2");
  expect(rows.length).toBeGreaterThan(1);
});

test("a destination in use is not deleted; free again, it is", async () => {
  const token = await api.issuer.token({ tenant: "one", roles: ROLES });
  const remove = `mutation ($d: ID!) { deleteDestination(destination: $d) }`;
  expect((await api.ask(token, remove, { d: tenant.destination })).codes).toEqual(["IN_USE"]);
  await api.ask(token, `mutation ($d: ID!) { deleteDelivery(delivery: $d) }`, { d: tenant.delivery });
  expect((await api.ask(token, remove, { d: tenant.destination })).data).toEqual({
    deleteDestination: tenant.destination,
  });
});

test("every change told the data plane and the audit log in the same transaction", async () => {
  const client = new Client(api.database.ownerUrl);
  await client.connect();
  const revisions = await client.query(
    "select payload->'revision' as r from outbox where kind = 'deployment' order by id",
  );
  const audit = await client.query<{ action: string }>("select action from audit_log order by id");
  await client.end();
  expect(revisions.rows.map((row: { r: number }) => row.r)).toEqual(revisions.rows.map((_, i) => i + 1));
  expect(audit.rows.map((row) => row.action)).toEqual([
    "tenant.created",
    "application.created",
    "policy.published",
    "source.created",
    "source.granted",
    "pipeline.created",
    "pipeline.approved",
    "pipeline.published",
    "destination.created",
    "delivery.created",
    "pipeline.approved",
    "token.created",
    "member.invited",
    "audit.read",
    "delivery.deleted",
    "destination.deleted",
  ]);
});
