import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brokenLink, type StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, graphql } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { postEvents } from "../../testkit/ingest.ts";
import { killChild } from "../../testkit/kill.ts";
import type { OwnSource } from "../../testkit/own-source.ts";
import { startPlatform, type Platform } from "../../testkit/platform.ts";
import { AttackedApplication } from "../attacks/application.ts";

const PURPOSES = [
  { name: "analytics", legalBasis: "CONSENT", lifetimeDays: 30 },
  { name: "proof", legalBasis: "LEGAL_OBLIGATION", lifetimeDays: 3650 },
];
const FIELDS = [{ path: "page", type: "STRING", purposes: ["analytics"] }];
const WORDINGS = [
  { id: "form", language: "en", text: "May we?", purposes: [{ name: "analytics", text: "To learn from you" }] },
];
const COLUMNS = ["id", "subjectKey", "decision", "purposes", "policyVersion", "means", "at", "wording", "hash"];
const STEPS = [{ emit: { output: "receipts", fields: COLUMNS.map((name) => `receipt.${name}`) } }];
const APPROVE = "mutation ($p: ID!) { approvePipeline(pipeline: $p) { id } }";
const PUBLISH = "mutation ($p: ID!) { publishPipeline(pipeline: $p) { id } }";

const folder = mkdtempSync(join(tmpdir(), "o2mc-receipts-"));
let platform: Platform;
let app: AttackedApplication;
let shop: OwnSource;
let crm: OwnSource;

beforeAll(async () => {
  platform = await startPlatform();
  const policy = { purposes: PURPOSES, fields: FIELDS, wordings: WORDINGS, receiptsPurpose: "proof" };
  app = await AttackedApplication.create(platform.endpoints, "proven", policy);
  await app.pipeline("pages", ["analytics"], [{ emit: { output: "pages", fields: ["page"] } }]);
  shop = await app.source("shop", ["analytics", "proof"]);
  crm = await app.source("crm", ["analytics"]);
});

afterAll(async () => {
  await platform?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** 204 once it is stored; an edge that is being started is asked again, as a client would. */
async function store(subject: string, said: object): Promise<void> {
  for (;;) {
    try {
      const { status } = await fetch(`${platform.endpoints.edge}/v1/sources/${shop.id}/consent/${subject}`, {
        method: "PUT",
        headers: { "content-type": "application/json", authorization: `Bearer ${shop.writeKey}` },
        body: JSON.stringify({ policyVersion: 1, ...said }),
      });
      if (status === 204) return;
      if (status < 500) throw new RangeError(`answered ${status}`);
    } catch (error) {
      if (error instanceof RangeError) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function send({ id, writeKey }: OwnSource, subject: string, claim: object, data: object): Promise<unknown> {
  const now = new Date().toISOString();
  const event = {
    id: `${subject}-${now}`,
    type: "consent.given",
    time: now,
    subject,
    data,
    consent: { policyVersion: 1, givenAt: now, ...claim },
  };
  const { status, body } = await postEvents(platform.endpoints, id, writeKey, JSON.stringify(event));
  return status === 202 ? body["accepted"] : status;
}

async function chain(): Promise<readonly StoredReceipt[]> {
  const url = new URL(`/receipts/${app.id}.ndjson`, platform.endpoints.graphql);
  const response = await fetch(url, { headers: { authorization: `Bearer ${app.officer}` } });
  const lines = (await response.text()).trimEnd().split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as StoredReceipt);
}

type Row = Readonly<Record<string, unknown>>;

const delivered = (): readonly Row[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".jsonl"))
    .flatMap((file) => readFileSync(join(folder, file), "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as Row);

test("receipts go through a pipeline to a destination: approved as any, each once, and beside them nothing", async () => {
  const { endpoints } = platform;
  const { developer, officer } = app;
  await store("earlier", { purposes: ["analytics"], wording: "form" });

  const stolen = await app.draft("stolen", ["analytics"], STEPS);
  expect((await graphql(endpoints, officer, APPROVE, { p: stolen })).errors?.[0]?.extensions?.code).toBe(
    "DEFINITION_INVALID",
  );
  const pipeline = await app.draft("proof", ["proof"], STEPS);
  const { destination } = await ask<{ destination: { id: string } }>(
    endpoints,
    developer,
    `mutation ($o: DestinationOptionsInput!) { destination: createDestination(name: "archive", options: $o) { id } }`,
    { o: { file: { directory: folder, format: "JSONL", rotateSeconds: 1 } } },
  );
  await ask(
    endpoints,
    developer,
    `mutation ($p: ID!, $d: ID!) { createDelivery(pipeline: $p, output: "receipts", destination: $d) { id } }`,
    { p: pipeline, d: destination.id },
  );
  expect((await graphql(endpoints, developer, PUBLISH, { p: pipeline })).errors).toBeDefined();
  expect((await graphql(endpoints, developer, APPROVE, { p: pipeline })).errors?.[0]?.extensions?.code).toBe(
    "FORBIDDEN",
  );
  await ask(endpoints, officer, APPROVE, { p: pipeline });
  await ask(endpoints, developer, PUBLISH, { p: pipeline });

  // whatever a source may do and claims, it gets nothing in beside the receipts
  const forged = { purposes: ["analytics", "proof"] };
  await eventually(() => send(shop, "forger", forged, { receipt: { id: "forged" }, page: "/" }), 1, 20_000, 0);

  await ask(endpoints, officer, "mutation ($s: ID!) { setConsentAuthority(source: $s, authority: true) { id } }", {
    s: crm.id,
  });
  const told = async () => {
    await send(crm, "told", { purposes: ["analytics"] }, { page: "/" });
    return (await chain()).some(({ receipt }) => receipt.collection.method === "event");
  };
  await eventually(told, true, 20_000, 0);
  const give = `mutation ($a: ID!) { giveConsent(application: $a, subject: "caller", purposes: ["analytics"], wording: "form") }`;
  await ask(endpoints, officer, give, { a: app.id });

  const subjects = Array.from({ length: 60 }, (_, i) => `s${i}`);
  const storing = subjects.map(async (subject) => {
    await store(subject, { purposes: ["analytics"] });
    await store(subject, { purposes: [] });
  });
  killChild(platform, "edge");
  await Promise.all(storing);
  await store("last", { purposes: ["analytics"] });

  const receipts = await chain();
  expect(brokenLink(receipts)).toBe(-1);
  expect(receipts.length).toBeGreaterThanOrEqual(124);
  const ids = receipts.map(({ receipt }) => receipt.id).toSorted();
  await eventually(
    () =>
      delivered()
        .map((row) => String(row["receipt.id"]))
        .toSorted(),
    ids,
    60_000,
  );

  const rows = new Map(delivered().map((row) => [row["receipt.id"], row]));
  for (const { receipt, hash } of receipts) {
    expect(rows.get(receipt.id)).toMatchObject({
      "receipt.subjectKey": receipt.subjectKey,
      "receipt.decision": receipt.event.kind,
      "receipt.purposes": receipt.purposes.map(({ name }) => name).join(","),
      "receipt.means": receipt.collection.method,
      "receipt.wording": receipt.notice?.id ?? null,
      "receipt.hash": hash,
    });
  }
  expect(new Set(receipts.map(({ receipt }) => receipt.collection.method))).toEqual(
    new Set(["rest", "event", "support"]),
  );
  expect(new Set(receipts.map(({ receipt }) => receipt.event.kind))).toEqual(new Set(["given", "withdrawn"]));
});
