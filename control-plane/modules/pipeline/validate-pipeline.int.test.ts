import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../../test/api.ts";
import { DEFINITION, makeTenant, type Fixture } from "../../test/fixture.ts";

let api: TestApi;
let tenant: Fixture;

const VALIDATE = `query ($a: ID!, $d: PipelineDefinitionInput!) { validatePipeline(application: $a, definition: $d) {
  valid reads faults { code place expression line column expected found near message }
  steps { place verb columns { name type purposes } } outputs { name perSubject columns { name type } } } }`;

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
});

afterAll(() => api?.stop());

const validate = async (definition: object, of = "one") =>
  api.ask(await api.issuer.token({ tenant: of, roles: ["analyst"] }), VALIDATE, {
    a: tenant.application,
    d: definition,
  });

test("a right definition has types behind each step", async () => {
  const answer = await validate(DEFINITION);
  expect(answer.get("validatePipeline")).toMatchObject({
    valid: true,
    faults: [],
    reads: ["page.path"],
    steps: [{ place: "1", verb: "filter" }, { place: "2" }],
    outputs: [{ name: "pages", perSubject: true }],
  });
});

test("a wrong one has all its faults, each where it is", async () => {
  const answer = await validate({
    purposes: ["analytics"],
    steps: [
      { filter: { where: "event.page.path > 1" } },
      { branch: { steps: [{ map: { set: [{ field: "x", expression: "event.page.paht" }] } }] } },
      { emit: { output: "pages" } },
    ],
  });
  expect(answer.get("validatePipeline")).toMatchObject({
    valid: false,
    faults: [
      { code: "type-mismatch", place: "1", line: 1, expression: "event.page.path > 1" },
      { code: "unknown-field", place: "2.1", line: 1, column: 1, near: "page.path" },
    ],
  });
});

test("another tenant is told that there is no such application", async () => {
  await makeTenant(api, "two");
  expect((await validate(DEFINITION, "two")).codes).toEqual(["NOT_FOUND"]);
});
