import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";

let api: TestApi;
let tenant: Fixture;

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
});

afterAll(() => api?.stop());

test("swapped ciphertext: what one row was given in the table opens in no other, and the answer tells nothing", async () => {
  const token = await api.issuer.token({ tenant: "one", roles: ["developer"], sub: "swapper" });
  const made = await api.ask(
    token,
    `mutation ($o: DestinationOptionsInput!) { createDestination(name: "mine", options: $o) { id } }`,
    { o: { webhook: { url: "https://x.example", secret: `whsec_${"a".repeat(32)}` } } },
  );
  const { id } = made.get<{ id: string }>("createDestination");
  const client = new Client(api.database.ownerUrl);
  await client.connect();
  const copy = `update destinations set kind = 'postgres', options = (select options from destinations where id = $1)
    where id = $2`;
  expect((await client.query(copy, [tenant.destination, id])).rowCount).toBe(1);
  const answer = await api.ask(token, `query ($id: ID!) { destination(id: $id) { options } }`, { id });
  await client.query("delete from destinations where id = $1", [id]);
  await client.end();
  expect(answer.codes).toEqual(["INTERNAL"]);
  expect(answer.text).not.toMatch(/hunter2|authenticate|s1\./);
});

test.each([
  [{ webhook: { url: "http://169.254.169.254/latest/meta-data/", secret: `whsec_${"a".repeat(32)}` } }, "address"],
  [{ webhook: { url: "http://[::ffff:127.0.0.1]:4222/", secret: `whsec_${"a".repeat(32)}` } }, "address"],
  [{ webhook: { url: "http://2130706433/", secret: `whsec_${"a".repeat(32)}` } }, "address"],
  [{ postgres: { host: "localhost.", database: "d", user: "u", password: "p", table: "t" } }, "address"],
  [{ postgres: { host: "10.0.0.5", database: "d", user: "u", password: "p", table: "t" } }, "address"],
  [{ file: { directory: "/tmp/../etc", format: "CSV" } }, "folder"],
])("SSRF: %j is refused when it is made", async (options, what) => {
  const token = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  const answer = await api.ask(
    token,
    `mutation ($o: DestinationOptionsInput!) { createDestination(name: "x", options: $o) { id } }`,
    { o: options },
  );
  expect(answer.codes).toEqual(["DESTINATION_REFUSED"]);
  expect(answer.text).toContain(`outgoing.${what}-refused`);
});
