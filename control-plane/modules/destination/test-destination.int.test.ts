import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { DestinationTestAnswer } from "@o2mc/schema/destinations/destination-test.ts";
import { ApiError } from "../../errors/api-error.ts";
import { noHub, startApi, type Answer, type TestApi } from "../../test/api.ts";
import { makeTenant, type Fixture } from "../../test/fixture.ts";

const PASSWORD = "hunter2-hunter2";
const OPTIONS = { postgres: { host: "db.example", database: "d", user: "u", password: PASSWORD, table: "t" } };
const FOUND: DestinationTestAnswer = { v: 1, code: "log-in", message: "No.", server: null, milliseconds: 12 };

let api: TestApi;
let mine: Fixture;
let theirs: Fixture;
/** who was asked, and for what */
let asked: { tenant: string; options: object }[] = [];
let down = false;

beforeAll(async () => {
  api = await startApi({
    hub: () => ({
      ...noHub,
      destinationProblem: (tenant, id) =>
        down
          ? Promise.reject(new ApiError("HUB_UNAVAILABLE"))
          : Promise.resolve(
              tenant === "one" && id === mine.destination
                ? { v: 1, code: "folder-refused", message: "Not there.", since: Date.UTC(2026, 10, 24) }
                : null,
            ),
      testDestination: (tenant, options) => {
        asked.push({ tenant, options });
        return down ? Promise.reject(new ApiError("DELIVER_UNAVAILABLE")) : Promise.resolve(FOUND);
      },
    }),
  });
  mine = await makeTenant(api, "one");
  theirs = await makeTenant(api, "two");
});

afterAll(() => api?.stop());
beforeEach(() => {
  asked = [];
  down = false;
});

type Role = "owner" | "developer" | "analyst" | "privacy-officer";

async function ask(variables: object, role: Role = "developer"): Promise<Answer> {
  const query = `mutation ($d: ID, $o: DestinationOptionsInput) {
    testDestination(destination: $d, options: $o) { ok code message server milliseconds } }`;
  return api.ask(await api.issuer.token({ tenant: "one", roles: [role] }), query, variables);
}

test("options that are not stored: what deliver found, and on record without the secret", async () => {
  const answer = await ask({ o: OPTIONS });
  expect(answer.data).toEqual({
    testDestination: { ok: false, code: "LOG_IN", message: "No.", server: null, milliseconds: 12 },
  });
  expect(asked).toEqual([
    { tenant: "one", options: { postgres: expect.objectContaining(OPTIONS.postgres) as object } },
  ]);
  const owner = await api.issuer.token({ tenant: "one", roles: ["owner"] });
  const log = await api.ask(owner, "{ auditLog(first: 1) { edges { node { action target details } } } }");
  expect(log.text).toContain('"action":"destination.tested"');
  expect(log.text).toContain("db.example");
  expect(log.text).not.toContain(PASSWORD);
});

test("a stored one by its id: its secrets go to deliver and to nobody else", async () => {
  const answer = await ask({ d: mine.destination });
  expect(answer.codes).toEqual([]);
  expect(JSON.stringify(asked[0]?.options)).toContain("hunter2-secret");
  expect(answer.text).not.toContain("hunter2");
});

test("another tenant's, none, and two at once, are refused before anybody is asked", async () => {
  const answers = [await ask({ d: theirs.destination }), await ask({}), await ask({ d: mine.destination, o: OPTIONS })];
  expect(answers.map(({ codes }) => codes)).toEqual([["NOT_FOUND"], ["INVALID_INPUT"], ["INVALID_INPUT"]]);
  expect((await ask({ o: OPTIONS }, "analyst")).codes).toEqual(["FORBIDDEN"]);
  expect((await ask({ o: OPTIONS }, "privacy-officer")).codes).toEqual(["FORBIDDEN"]);
  expect(asked).toEqual([]);
});

test("why nothing is delivered there stands at the destination; without a hub the rest is told", async () => {
  const query = "query ($d: ID!) { destination(id: $d) { name problem { code message since } } }";
  const analyst = await api.issuer.token({ tenant: "one", roles: ["analyst"] });
  const told = await api.ask(analyst, query, { d: mine.destination });
  const problem = { code: "FOLDER_REFUSED", message: "Not there.", since: "2026-11-24T00:00:00.000Z" };
  expect(told.get<object>("destination")).toMatchObject({ problem });
  down = true;
  expect((await api.ask(analyst, query, { d: mine.destination })).get<object>("destination")).toMatchObject({
    problem: null,
  });
});

test("nothing that delivers", async () => {
  down = true;
  expect((await ask({ o: OPTIONS })).codes).toEqual(["DELIVER_UNAVAILABLE"]);
});
