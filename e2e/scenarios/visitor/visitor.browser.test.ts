import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WORDINGS } from "../../../cli/start/demo/definitions.ts";
import { accessToken, ask } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { launchBrowser } from "../snippet/browser.ts";
import { EveryPlace } from "./every-place.ts";

/** each visitor looks at a product of their own, so that what they did can be told apart wherever it turns up */
const DECLINED = "harbour-teapot";
const ACCEPTED = "morning-mug";
const WITHDRAWN = "tall-vase";
const NOWHERE = { subscriber: 0, postgres: 0, files: 0, webhook: 0, events: 0, results: 0, deadLetters: 0 };
const STORED = "localStorage.length + sessionStorage.length";
const KEYS = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)]";
const BASKET = "shop-basket";
/** longer than an event takes from a page to every place */
const SETTLE_MS = 3_000;

let platform: Platform;
let browser: Browser;
let places: EveryPlace;

beforeAll(async () => {
  platform = await sharedPlatform();
  browser = await launchBrowser();
  places = await EveryPlace.open(platform);
});

afterAll(async () => {
  await places?.close();
  await browser?.close();
});

test("a visitor who declines sends nothing and has no row anywhere", async () => {
  const { context, page, toEdge, elsewhere } = await visit();
  const before = { events: hubCount("ev."), consent: hubCount("$KV.consent.") };
  await page.goto(platform.endpoints.shop);
  await page.getByRole("button", { name: "Decline" }).click();
  await page.getByRole("link", { name: /Harbour teapot/ }).click();
  await page.getByRole("heading", { level: 1, name: "Harbour teapot" }).waitFor();
  await page
    .getByRole("button", { name: /basket/i })
    .first()
    .click();
  await page.waitForTimeout(SETTLE_MS);
  // the shop's own, which needs no consent
  expect(await page.evaluate(KEYS)).toEqual([BASKET]);
  // leaving the page would flush what had been queued
  await page.goto("about:blank");
  await page.waitForTimeout(SETTLE_MS);

  // the snippet itself and its configuration, on two pages
  expect(new Set(toEdge)).toEqual(new Set(["GET /sloc.js", "GET /v1/sites/config"]));
  expect(elsewhere).toEqual([]);
  expect(await context.cookies()).toEqual([]);
  expect({ events: hubCount("ev."), consent: hubCount("$KV.consent.") }).toEqual(before);
  expect(await places.counts(`/products/${DECLINED}`)).toEqual(NOWHERE);
  await context.close();
});

test("a visitor who accepts has a row in each place; a withdrawal stops it at once", async () => {
  const { context, page, toEdge } = await visit();
  const posts = (): number => toEdge.filter((each) => each.startsWith("POST") && each.endsWith("/events")).length;
  await page.goto(platform.endpoints.shop);
  await page.getByRole("button", { name: "Accept" }).click();
  await page.getByRole("link", { name: /Morning mug/ }).click();
  await page.getByRole("heading", { level: 1, name: "Morning mug" }).waitFor();
  const everywhere = async (): Promise<readonly string[]> => {
    const counts = await places.counts(`/products/${ACCEPTED}`);
    return Object.keys(counts).filter((place) => (counts[place] ?? 0) > 0);
  };
  const expected = ["subscriber", "postgres", "files", "webhook", "events", "results"];
  await eventually(everywhere, expected, 30_000, 0);

  await page.getByRole("button", { name: "Privacy settings" }).or(page.getByText("Privacy settings")).first().click();
  await page.getByRole("button", { name: "Decline" }).click();
  await eventually(() => page.evaluate(STORED), 0, 10_000, 500);
  const before = { posts: posts(), events: hubCount("ev.") };
  await page.goto(platform.endpoints.shop);
  await page.getByRole("link", { name: /Tall vase/ }).click();
  await page.getByRole("heading", { level: 1, name: "Tall vase" }).waitFor();
  await page.waitForTimeout(SETTLE_MS);
  expect({ posts: posts(), events: hubCount("ev.") }).toEqual(before);
  expect(await places.counts(`/products/${WITHDRAWN}`)).toEqual(NOWHERE);
  // and still nothing of the one who declined
  expect(await places.counts(`/products/${DECLINED}`)).toEqual(NOWHERE);
  expect(places.problems).toEqual([]);
  await context.close();
});

test("what the banner shows is the policy's own text, and the visitor's receipt names it", async () => {
  const { endpoints } = platform;
  const { context, page } = await visit();
  await page.goto(endpoints.shop);
  await page.getByText(/see how the shop is used/).waitFor();
  await page.getByRole("button", { name: "Accept" }).click();
  const subject = "JSON.parse(localStorage.getItem('o2mc') ?? '{}').subject";
  const officer = await accessToken(endpoints, "officer@demo.example");
  const receipts = async (): Promise<unknown> => {
    const query = `query ($a: ID!, $s: String!) { receipts(application: $a, subject: $s) {
      method event notice { id language } purposes { wording } } }`;
    const s = (await page.evaluate(subject)) as string;
    return (await ask<{ receipts: unknown }>(endpoints, officer, query, { a: endpoints.demo.application, s })).receipts;
  };
  const [wording] = WORDINGS;
  await eventually(
    receipts,
    [
      {
        method: "WEB",
        event: "GIVEN",
        notice: { id: wording?.id, language: "en" },
        purposes: [{ wording: wording?.purposes[0]?.text }],
      },
    ],
    20_000,
    0,
  );
  await context.close();
});

/** A new visitor, and the browser's network log: requests to the edge, and to anywhere but shop and edge. */
async function visit(): Promise<{
  readonly context: BrowserContext;
  readonly page: Page;
  readonly toEdge: readonly string[];
  readonly elsewhere: readonly string[];
}> {
  const { shop, edge } = platform.endpoints;
  const context = await browser.newContext();
  const page = await context.newPage();
  const toEdge: string[] = [];
  const elsewhere: string[] = [];
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin === new URL(edge).origin) toEdge.push(`${request.method()} ${url.pathname}`);
    else if (url.origin !== new URL(shop).origin) elsewhere.push(request.url());
  });
  page.on("websocket", (socket) => elsewhere.push(socket.url()));
  return { context, page, toEdge, elsewhere };
}

const hubCount = (prefix: string): number => places.hub.published(prefix).length;
