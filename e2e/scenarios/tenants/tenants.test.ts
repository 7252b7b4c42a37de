import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { buildSchema, isNonNullType, type GraphQLField } from "graphql/index.js";
import { beforeAll, expect, test } from "vitest";
import { RESULTS, type OutputRef } from "../../testkit/api.ts";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { operationText } from "../../testkit/operation-text.ts";
import type { OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { rawSubscription } from "../../testkit/raw-subscription.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { DEFINITION, FIELDS, PURPOSES } from "./definition.ts";
import { firstTenant, pageOf, type FirstTenant } from "./first-tenant.ts";
import { secondTenant } from "./second-tenant.ts";
import { everyToken } from "./tokens.ts";

type Field = GraphQLField<unknown, unknown>;

const SECOND = "other";
const SDL = readFileSync(new URL("../../../schema/graphql/schema.graphql", import.meta.url), "utf8");
const SCHEMA = buildSchema(SDL);
const operations = [
  ...Object.values(SCHEMA.getQueryType()?.getFields() ?? {}).map((field) => ["query", field.name, field] as const),
  ...Object.values(SCHEMA.getMutationType()?.getFields() ?? {}).map(
    (field) => ["mutation", field.name, field] as const,
  ),
];

/** the others answer with the second tenant's own, or with what is everybody's */
const takesId = (field: Field): boolean => field.args.some(({ name }) => IDS.has(name));
const IDS = new Set([
  "id",
  "application",
  "source",
  "key",
  "pipeline",
  "destination",
  "delivery",
  "token",
  "member",
  "invitation",
  "approval",
  "alert",
]);
const OWN_PROBLEMS = ["FORBIDDEN", "CONFLICT", "INVALID_CURSOR", "INVITATION_INVALID"];
const OPERATORS = new Set(["createTenant", "setTenantQuotas"]);

let platform: Platform;
let first: FirstTenant;
let second: { readonly output: OutputRef; readonly source: OwnSource };
let tokens: ReadonlyMap<string, string>;
let before: string;

beforeAll(async () => {
  platform = await sharedPlatform();
  first = await firstTenant(platform, SDL);
  second = await secondTenant(platform, SECOND);
  tokens = await everyToken(platform, SECOND);
  // with its own key each may, which leaves a receipt
  for (const { id, writeKey } of [first.source, second.source]) expect(await withdraw(id, writeKey)).toBe(204);
  before = await first.everything();
});

test("there is something to see, for the first tenant itself", () => {
  expect(first.rowIds.length).toBeGreaterThan(0);
  expect(first.ids.length).toBeGreaterThan(15);
  expect(Object.keys(first.endCursors)).toEqual(expect.arrayContaining(["applications", "pipelines", "sources"]));
  for (const id of Object.values(first.given)) expect(first.ids).toContain(id);
  expect(before).toContain(`files ${first.mark}`);
  expect(before).toContain(`/${first.mark}`);
});

test.each(operations)("the second tenant's tokens on %s %s", async (kind, name, field) => {
  const variables = variablesOf(field);
  for (const [who, token] of tokens) {
    const { text, codes, data } = await post(token, operationText(kind, field, variables), variables);
    const told = secretsIn(withoutEcho(text, variables));
    expect({ who, told }).toEqual({ who, told: [] });
    if (!takesId(field))
      expect({ who, odd: codes.filter((code) => !OWN_PROBLEMS.includes(code)) }).toEqual({ who, odd: [] });
    else if (codes.length > 0) expect(["NOT_FOUND", "FORBIDDEN"]).toEqual(expect.arrayContaining([...codes]));
    else expect(data).toEqual({ [name]: null });
    if (who === "all roles" && !OPERATORS.has(name)) expect(codes).not.toContain("FORBIDDEN");
  }
});

test.each(operations.filter(([, name, field]) => takesId(field) && name !== "createTenant"))(
  "the answer to %s %s is the same for an id that exists elsewhere as for one that exists nowhere",
  async (kind, _name, field) => {
    const token = tokens.get("all roles") ?? "";
    const variables = variablesOf(field);
    const text = operationText(kind, field, variables);
    const madeUp = new Map(first.ids.map((id) => [id, `${id.split("_")[0] ?? ""}_${randomBytes(10).toString("hex")}`]));
    const swap = (json: string): string => json.replaceAll(/\b[a-z]+_[0-9a-f]{20}\b/g, (id) => madeUp.get(id) ?? id);
    const real = await post(token, text, variables);
    const nowhere = await post(token, text, JSON.parse(swap(JSON.stringify(variables))) as object);
    expect(nowhere.text).toBe(swap(real.text));
  },
);

test("subscriptions to the first tenant's output, from its own cursors, and to mixtures of both are refused", async () => {
  const [theirs, own] = [first.output, second.output];
  const outputs: OutputRef[] = [
    theirs,
    { ...theirs, output: "sessions" },
    { ...theirs, application: own.application },
    { ...own, application: theirs.application },
    { ...theirs, pipeline: own.pipeline },
  ];
  for (const [who, token] of tokens) {
    for (const output of outputs) {
      for (const after of [undefined, "0", first.cursor]) {
        const variables = { output, ...(after === undefined ? {} : { after }) };
        const said = await rawSubscription(platform.endpoints, token, RESULTS, variables, 5_000);
        const text = said.join("\n");
        expect({ who, told: secretsIn(withoutEcho(text, variables)) }).toEqual({ who, told: [] });
        expect(text).toMatch(/"code":"(NOT_FOUND|FORBIDDEN)"/);
        expect(text).not.toContain('"rows"');
      }
    }
  }
});

test("a subscription to its own output gets its own rows, and none of the first tenant's; a cursor of the first's is none", async () => {
  const token = tokens.get("all roles") ?? "";
  const listen = (after: string): Promise<readonly string[]> =>
    rawSubscription(platform.endpoints, token, RESULTS, { output: second.output, after }, 4_000);
  const listening = Promise.all([listen("0"), listen(first.cursor)]);
  for (let i = 0; i < 20; i++) {
    const hit = (mark: string): string =>
      JSON.stringify({ ...logHit(`tenants-${i}`), data: { page: { path: `/${mark}` } } });
    const theirs = await postEvents(platform.endpoints, first.source.id, first.source.writeKey, hit(first.mark));
    const own = await postEvents(platform.endpoints, second.source.id, second.source.writeKey, hit("of-the-second"));
    expect([theirs.status, own.status]).toEqual([202, 202]);
    await new Promise((wake) => setTimeout(wake, 100));
  }
  const [fromStart, fromTheirs] = await listening;
  expect(fromStart.join("\n")).toContain("/of-the-second");
  expect(fromTheirs.join("\n")).toContain('"code":"INVALID_CURSOR"');
  expect(fromTheirs.join("\n")).not.toContain('"rows"');
  expect(secretsIn([...fromStart, ...fromTheirs].join("\n"))).toEqual([]);
});

test("the second tenant's write key opens nothing of the first at the edge, nor the other way round", async () => {
  const { edge } = platform.endpoints;
  for (const [of, by] of [
    [first.source, second.source],
    [second.source, first.source],
  ] as const) {
    const events = await postEvents({ edge }, of.id, by.writeKey, JSON.stringify(logHit("foreign")));
    expect(events).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    expect(await withdraw(of.id, by.writeKey)).toBe(401);
  }
  // a source's document is for whoever has its id: it tells how to send, and nothing else of the tenant
  const document = await (await fetch(`${edge}/v1/sources/${first.source.id}/openapi.json`)).text();
  const ids = first.ids.filter((id) => id !== first.source.id && document.includes(id));
  expect(ids).toEqual([]);
  expect(document).not.toContain(first.source.writeKey);
});

test("after all that the first tenant has what it had", async () => {
  expect(await first.everything()).toBe(before);
});

async function withdraw(source: string, key: string): Promise<number> {
  const { status } = await fetch(`${platform.endpoints.edge}/v1/sources/${source}/consent/somebody`, {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ purposes: [], policyVersion: 1 }),
  });
  return status;
}

/** What of the first tenant's stands in a text. */
const secretsIn = (text: string): readonly string[] =>
  [first.mark, first.source.writeKey, first.invitation, ...first.ids, ...first.rowIds].filter((secret) =>
    text.includes(secret),
  );

/** An error may repeat the id that was asked for, in its message. */
function withoutEcho(text: string, variables: object): string {
  const sent = JSON.stringify(variables).match(/\b[a-z]+_[0-9a-f]{20}\b/g) ?? [];
  return sent.reduce((rest, id) => rest.replaceAll(new RegExp(`There is no [a-z]+ ${id}\\.`, "g"), ""), text);
}

async function post(
  token: string,
  query: string,
  variables: object,
): Promise<{ readonly text: string; readonly codes: readonly string[]; readonly data: unknown }> {
  const response = await fetch(platform.endpoints.graphql, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  const { data, errors = [] } = JSON.parse(text) as {
    data?: unknown;
    errors?: readonly { extensions: { code: string } }[];
  };
  return { text, data, codes: errors.map(({ extensions }) => extensions.code) };
}

/** The first tenant's ids wherever an id is asked for, its cursors wherever one is. */
function variablesOf(field: Field): Record<string, unknown> {
  const after = first.endCursors[field.name];
  const values: Record<string, unknown> = {
    ...first.given,
    id: first.given[field.name as keyof FirstTenant["given"]] ?? "demo",
    ...(after === undefined ? {} : { after }),
    first: pageOf(field.name),
    name: "of the second",
    slug: "second",
    output: "events",
    kind: "REST",
    consentMode: "OWNER",
    purposes: field.name.includes("olicy") ? PURPOSES : ["analytics"],
    from: 1,
    to: 2,
    subject: "visitor",
    fields: FIELDS,
    definition: DEFINITION,
    options: { file: { directory: "/tmp/o2mc-second", format: "JSONL" } },
    origins: ["https://second.example"],
    scopes: ["application.read"],
    email: "guest@second.example",
    roles: ["ANALYST"],
    secret: first.invitation,
    tenant: "demo",
    quotas: {},
    role: "PROCESS",
    events: [],
    // nothing stands still here; control-plane/modules/alert asks for another tenant's
    alert: `al_${"0".repeat(20)}`,
    authority: true,
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  };
  return Object.fromEntries(
    field.args.flatMap((arg) => {
      if (arg.name in values) return [[arg.name, values[arg.name]]];
      if (isNonNullType(arg.type) && arg.defaultValue === undefined) throw new Error(`no value for ${arg.name}`);
      return [];
    }),
  );
}
