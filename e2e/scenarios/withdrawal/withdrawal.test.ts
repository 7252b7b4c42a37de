import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { postEvents } from "../../testkit/ingest.ts";
import { freezeChild, thawChild } from "../../testkit/kill.ts";
import type { OwnSource } from "../../testkit/own-source.ts";
import { startPlatform, type Platform } from "../../testkit/platform.ts";
import { openTenantHub } from "../../testkit/tenant-hub.ts";
import { AttackedApplication } from "../attacks/application.ts";

/** Where a withdrawal must count for what is on its way already. How fast it does is measured by the benchmark `withdrawal`. */

const POLICY = {
  purposes: [{ name: "analytics", legalBasis: "CONSENT", lifetimeDays: 30 }],
  fields: [{ path: "page", type: "STRING", purposes: ["analytics"] }],
};
/** far longer than the news of a withdrawal takes to deliver */
const RETRY_AFTER_SECONDS = 3;

/** A webhook's receiver that answers what it is told to, and keeps the pages of each attempt. */
class Receiver {
  status = 204;
  readonly attempts: (readonly string[])[] = [];
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { rows } = JSON.parse(Buffer.concat(chunks).toString()) as { rows: readonly { page: string }[] };
      this.attempts.push(rows.map(({ page }) => page));
      response.writeHead(this.status, { "retry-after": String(RETRY_AFTER_SECONDS) }).end();
    });
  });

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

let platform: Platform;
let application: AttackedApplication;
let source: OwnSource;
const retrying = new Receiver();
const refusing = new Receiver();

beforeAll(async () => {
  platform = await startPlatform();
  application = await AttackedApplication.create(platform.endpoints, "withdrawal", POLICY);
  const pipeline = await application.pipeline("pages", ["analytics"], [{ emit: { output: "pages" } }]);
  await deliver(pipeline, "retrying", await retrying.listen());
  await deliver(pipeline, "refusing", await refusing.listen());
  await ask(platform.endpoints, application.officer, "mutation ($p: ID!) { approvePipeline(pipeline: $p) { id } }", {
    p: pipeline,
  });
  source = await application.source("site", ["analytics"]);
  await send("first");
  await eventually(() => [retrying.attempts, refusing.attempts], [[["first"]], [["first"]]], 60_000);
});

afterAll(async () => {
  retrying.close();
  refusing.close();
  await platform?.stop();
});

async function deliver(pipeline: string, name: string, url: string): Promise<void> {
  const { endpoints } = platform;
  const secret = `whsec_${Buffer.from("a secret of this scenario").toString("base64")}`;
  const { made } = await ask<{ made: { id: string } }>(
    endpoints,
    application.developer,
    `mutation ($n: String!, $o: DestinationOptionsInput!) { made: createDestination(name: $n, options: $o) { id } }`,
    { n: name, o: { webhook: { url, secret } } },
  );
  await ask(
    endpoints,
    application.developer,
    `mutation ($p: ID!, $d: ID!) { createDelivery(pipeline: $p, output: "pages", destination: $d) { id } }`,
    { p: pipeline, d: made.id },
  );
}

let sent = 0;

/** One event of each of these subjects, in one request: their rows share a batch. Its page is the subject's name. */
async function send(...subjects: readonly string[]): Promise<void> {
  const events = subjects.map((subject) => ({
    id: `withdrawal-${sent++}`,
    type: "page",
    time: new Date().toISOString(),
    subject,
    data: { page: subject },
    consent: { purposes: ["analytics"], policyVersion: 1, givenAt: new Date().toISOString() },
  }));
  const { status } = await postEvents(platform.endpoints, source.id, source.writeKey, JSON.stringify(events));
  expect(status).toBe(202);
}

async function withdraw(subject: string): Promise<void> {
  const response = await fetch(`${platform.endpoints.edge}/v1/sources/${source.id}/consent/${subject}`, {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${source.writeKey}` },
    body: JSON.stringify({ purposes: [], policyVersion: 1 }),
  });
  expect(response.status).toBe(204);
}

const attemptsWith = ({ attempts }: Receiver, page: string): number =>
  attempts.filter((pages) => pages.includes(page)).length;

test("a batch that waits for its next attempt goes on without the subject, and so does what waits behind it", async () => {
  retrying.status = 503;
  await send("waits", "stays");
  await eventually(() => attemptsWith(retrying, "waits"), 1, 20_000, 0);
  await send("waits", "comes behind");
  await withdraw("waits");
  retrying.status = 204;
  await eventually(() => retrying.attempts.slice(-2), [["stays"], ["comes behind"]], 30_000);
  expect(attemptsWith(retrying, "waits")).toBe(1);
});

test("dead letters of the subject are shown to nobody any more", async () => {
  refusing.status = 400;
  await send("dead and gone", "dead");
  const pages = async (): Promise<string[]> =>
    (await application.deadLetters()).flatMap(({ code, row }) => (code === "webhook.400" ? [String(row["page"])] : []));
  const ours = async (): Promise<string[]> => (await pages()).filter((page) => page.startsWith("dead")).sort();
  await eventually(ours, ["dead", "dead and gone"], 20_000, 0);
  await withdraw("dead and gone");
  expect(await ours()).toEqual(["dead"]);
});

test("events that process has not come to are not processed", async () => {
  const hub = await openTenantHub(platform, platform.endpoints.demo.tenant);
  freezeChild(platform, "process");
  await send("frozen", "thawed");
  await withdraw("frozen");
  thawChild(platform, "process");
  await eventually(() => attemptsWith(retrying, "thawed"), 1, 60_000);
  // deliver would have withheld it, too: nothing of it may have come so far
  const results = hub.published("out.").map(({ text }) => text);
  expect(results.filter((text) => text.includes("thawed"))).toHaveLength(1);
  expect(results.filter((text) => text.includes("frozen"))).toEqual([]);
  await hub.close();
});
