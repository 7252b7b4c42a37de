import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DESTINATIONS } from "@o2mc/schema/destinations/destinations.ts";
import { STEPS } from "@o2mc/schema/pipeline/steps.ts";
import { ROLES } from "../auth/actions.ts";
import { startApi, type TestApi } from "../test/api.ts";
import { makeTenant, type Fixture } from "../test/fixture.ts";

let api: TestApi;
let tenant: Fixture;

const OPTION = `name kind list description required default secret unit min max format types words { word input }`;
const SPECS = `{
  stepSpecs { verb summary example options { ${OPTION} options { ${OPTION} } } }
  destinationSpecs { kind input summary example options { ${OPTION} } } }`;

interface Option {
  readonly name: string;
  readonly options: readonly Option[] | null;
}

interface Specs {
  readonly stepSpecs: readonly { verb: string; example: object; options: readonly Option[] }[];
  readonly destinationSpecs: readonly { kind: string; input: string; example: object; options: readonly Option[] }[];
}

beforeAll(async () => {
  api = await startApi();
  tenant = await makeTenant(api, "one");
});

afterAll(() => api?.stop());

async function specs(): Promise<Specs> {
  const token = await api.issuer.token({ tenant: "one", roles: ["analyst"] });
  return (await api.ask(token, SPECS)).data as unknown as Specs;
}

test.each(ROLES)("the specs are open to a token with the role %s", async (role) => {
  const token = await api.issuer.token({ tenant: role === "operator" ? "platform" : "one", roles: [role] });
  expect((await api.ask(token, SPECS)).codes).toEqual([]);
});

test("the specs are open to a machine token, whatever its scopes", async () => {
  expect((await api.ask(tenant.secret, SPECS)).codes).toEqual([]);
});

test("they are those of the schema, one for each field of the inputs", async () => {
  const { stepSpecs, destinationSpecs } = await specs();
  expect(stepSpecs.map(({ verb }) => verb)).toEqual(STEPS.map(({ verb }) => verb));
  expect(destinationSpecs.map(({ input }) => input)).toEqual(DESTINATIONS.map(({ kind }) => kind));
  const sessionize = stepSpecs.find(({ verb }) => verb === "sessionize");
  expect(sessionize?.options).toMatchObject([
    { name: "gapSeconds", kind: "INTEGER", list: false, required: true, unit: "seconds", min: 1, max: 2_678_400 },
    { name: "maxSeconds", kind: "INTEGER", required: false },
    { name: "cutOn", kind: "FIELD", list: true, required: false },
    { name: "updates", kind: "FLAG", required: false },
    {
      name: "sticky",
      kind: "OBJECT",
      list: true,
      required: false,
      default: [],
      options: [
        { name: "field", kind: "FIELD" },
        {
          name: "keep",
          kind: "WORDS",
          words: [
            { word: "first", input: "FIRST" },
            { word: "last", input: "LAST" },
          ],
        },
        { name: "as", kind: "NEW_FIELD" },
      ],
    },
  ]);
  const postgres = destinationSpecs.find(({ kind }) => kind === "POSTGRES");
  expect(postgres?.options).toContainEqual(expect.objectContaining({ name: "password", secret: true, required: true }));
});

test("every example is what the API takes", async () => {
  const { stepSpecs, destinationSpecs } = await specs();
  const token = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  const steps = stepSpecs.map(({ example }) => example);
  const saved = await api.ask(
    token,
    `mutation ($a: ID!, $d: PipelineDefinitionInput!) { savePipelineDraft(application: $a, name: "all", definition: $d) { draft } }`,
    { a: tenant.application, d: { purposes: ["analytics"], steps } },
  );
  expect(saved.codes).toEqual([]);
  for (const { kind, example } of destinationSpecs) {
    const made = await api.ask(
      token,
      `mutation ($n: String!, $o: DestinationOptionsInput!) { createDestination(name: $n, options: $o) { kind options } }`,
      { n: kind, o: example },
    );
    expect(made.data).toMatchObject({ createDestination: { kind } });
  }
});

test("a draft of lines in lines that is too deep is refused, since it could not be read any more", async () => {
  const token = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  const save = async (depth: number) => {
    let steps: object[] = [{ emit: { output: "deep" } }];
    for (let i = 0; i < depth; i++) steps = [{ branch: { steps } }];
    return api.ask(
      token,
      `mutation ($a: ID!, $n: String!, $d: PipelineDefinitionInput!) {
        savePipelineDraft(application: $a, name: $n, definition: $d) { draft } }`,
      { a: tenant.application, n: `deep-${depth}`, d: { purposes: ["analytics"], steps } },
    );
  };
  expect((await save(4)).codes).toEqual([]);
  expect((await save(5)).codes).toEqual(["DEFINITION_INVALID"]);
  expect((await save(500)).codes).toHaveLength(1);
});

test.each<[string, object, string]>([
  [
    "postgres.port",
    { postgres: { host: "h", port: 0, database: "d", user: "u", password: "", table: "t" } },
    "1 to 65535",
  ],
  ["webhook.url", { webhook: { url: "ftp://x", secret: `whsec_${"a".repeat(32)}` } }, "http or https"],
  ["webhook.secret", { webhook: { url: "https://x", secret: "hunter2" } }, "whsec_"],
  ["file.directory", { file: { directory: "x", format: "CSV" } }, "absolute path"],
  ["file.rotateSeconds", { file: { directory: "/x", format: "CSV", rotateSeconds: 3601 } }, "0.1 to 3600"],
])("a destination with an unusable %s is refused by its path, without its value", async (path, options, says) => {
  const token = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  const answer = await api.ask(
    token,
    `mutation ($o: DestinationOptionsInput!) { createDestination(name: "bad", options: $o) { id } }`,
    { o: options },
  );
  expect(answer.codes).toEqual(["INVALID_INPUT"]);
  expect(answer.text).toContain(path);
  expect(answer.text).toContain(says);
  expect(answer.text).not.toContain("hunter2");
});

test("the database names no kinds of its own, so that a new one needs no migration", async () => {
  const client = new Client(api.database.ownerUrl);
  await client.connect();
  const { rows } = await client.query(
    "select conname from pg_constraint where conrelid = 'destinations'::regclass and contype = 'c'",
  );
  await client.end();
  expect(rows).toEqual([]);
});
