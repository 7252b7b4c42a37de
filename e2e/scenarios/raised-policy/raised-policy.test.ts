import { beforeAll, expect, test } from "vitest";
import { accessToken, ask } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { postEvents } from "../../testkit/ingest.ts";
import type { Endpoints } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { storedRows } from "./stored-rows.ts";

const PURPOSES = [{ name: "analytics", legalBasis: "CONSENT", lifetimeDays: 30 }];
const FIELDS = [{ path: "page", type: "STRING", purposes: ["analytics"] }];
const DEFINITION = { purposes: ["analytics"], steps: [{ emit: { output: "pages" } }] };

let endpoints: Endpoints;
let developer: string;
let officer: string;
let application: string;
let pipeline: string;
let source: { readonly id: string; readonly writeKey: string };

beforeAll(async () => {
  ({ endpoints } = await sharedPlatform());
  developer = await accessToken(endpoints, "dev@demo.example");
  officer = await accessToken(endpoints, "officer@demo.example");
  // an application of its own: raising the demo's policy would outdate what other scenarios were permitted
  application = await made(
    developer,
    `mutation { made: createApplication(name: "Raised", slug: "raised-policy") { id } }`,
  );
  await publishPolicy();
  pipeline = await made(
    developer,
    `mutation ($a: ID!, $d: PipelineDefinitionInput!) { made: createPipeline(application: $a, name: "pages", definition: $d) { id } }`,
    { a: application, d: DEFINITION },
  );
  await ask(endpoints, officer, `mutation ($p: ID!) { approvePipeline(pipeline: $p) { id } }`, { p: pipeline });
  await ask(endpoints, developer, `mutation ($p: ID!) { publishPipeline(pipeline: $p) { id } }`, { p: pipeline });
  const { createSource } = await ask<{ createSource: { source: { id: string }; writeKey: string } }>(
    endpoints,
    developer,
    `mutation ($a: ID!) { createSource(application: $a, name: "own", kind: REST, consentMode: SUBJECT) { source { id } writeKey } }`,
    { a: application },
  );
  source = { id: createSource.source.id, writeKey: createSource.writeKey };
  await ask(endpoints, officer, `mutation ($s: ID!) { grantSource(source: $s, purposes: ["analytics"]) { id } }`, {
    s: source.id,
  });
  await eventually(async () => (await postEvents(endpoints, source.id, source.writeKey, "[]")).status, 400, 20_000, 0);
});

async function made(token: string, query: string, variables: object = {}): Promise<string> {
  return (await ask<{ made: { id: string } }>(endpoints, token, query, variables)).made.id;
}

async function publishPolicy(): Promise<number> {
  const { publishPolicy: published } = await ask<{ publishPolicy: { policy: { version: number } } }>(
    endpoints,
    officer,
    `mutation ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!) {
      publishPolicy(application: $a, purposes: $p, fields: $f) { policy { version } } }`,
    { a: application, p: PURPOSES, f: FIELDS },
  );
  return published.policy.version;
}

async function store(subject: string, policyVersion: number): Promise<number> {
  const response = await fetch(`${endpoints.edge}/v1/sources/${source.id}/consent/${subject}`, {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${source.writeKey}` },
    body: JSON.stringify({ purposes: ["analytics"], policyVersion }),
  });
  return response.status;
}

let sent = 0;

/** `accepted`, or the reason of the denial. */
async function send(subject: string, policyVersion?: number): Promise<unknown> {
  const consent = { purposes: ["analytics"], policyVersion, givenAt: new Date().toISOString() };
  const event = {
    id: `raised-${sent++}`,
    type: "page",
    time: new Date().toISOString(),
    subject,
    data: { page: `/of-${subject}` },
    ...(policyVersion === undefined ? {} : { consent }),
  };
  const { status, body } = await postEvents(endpoints, source.id, source.writeKey, JSON.stringify(event));
  expect(status).toBe(202);
  const [denied] = body["denied"] as { readonly reason: string }[];
  return denied?.reason ?? (body["accepted"] === 1 ? "accepted" : body);
}

const firstTwo = () => storedRows(endpoints, developer, { application, pipeline, output: "pages" }, 2);

test("a raised policy version outdates consent at the edge and at subscribers, until it is given anew", async () => {
  expect(await store("stored", 1)).toBe(204);
  expect(await send("stored")).toBe("accepted");
  expect(await send("claiming", 1)).toBe("accepted");
  expect(await firstTwo()).toEqual({ pages: ["/of-claiming", "/of-stored"], withheld: 0 });

  expect(await publishPolicy()).toBe(2);
  await eventually(() => send("claiming", 1), "outdated-policy", 20_000, 0);
  expect(await send("stored")).toBe("outdated-policy");
  // who claims the new version has it narrowed by what is stored of the older one
  expect(await send("stored", 2)).toBe("outdated-policy");
  expect(await store("stored", 1)).toBe(409);
  // a subscriber who comes now is not shown what rests on outdated consent either, stored or only claimed
  await eventually(firstTwo, { pages: [], withheld: 2 }, 20_000, 0);

  expect(await store("stored", 2)).toBe(204);
  expect(await send("stored")).toBe("accepted");
  expect(await send("claiming", 2)).toBe("accepted");
});
