import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@o2mc/runtime/log.ts";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createShop } from "../../shop/shop.ts";
import { launchBrowser } from "./browser.ts";
import { startFakeApi, type FakeApi } from "./fake-api.ts";
import { startFakeEdge, type FakeEdge } from "./fake-edge.ts";

const SECRET = `whsec_${Buffer.from("a secret of the shop's own, long").toString("base64")}`;

let browser: Browser;
let context: BrowserContext;
let page: Page;
let edge: FakeEdge;
let api: FakeApi;
let shop: Server;
let url: string;
let folder: string;
let endpointsFile: string;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "o2mc-shop-"));
  endpointsFile = join(folder, "endpoints.json");
  edge = await startFakeEdge();
  api = await startFakeApi();
  shop = await createShop(
    {
      host: "127.0.0.1",
      port: 0,
      edgeUrl: edge.url,
      graphqlUrl: `${api.url}/graphql`,
      subscriptionsUrl: `${api.url.replace("http", "ws")}/graphql`,
      login: { issuerUrl: api.url, user: "ana", password: "not in any page" },
      hookSecret: SECRET,
      live: { application: undefined, pipeline: undefined, endpointsFile },
      logLevel: "silent",
    },
    createLogger("shop", "silent"),
  );
  await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
});
afterEach(async () => {
  await context.close();
  await edge.close();
  await api.close();
  shop.closeAllConnections();
  await new Promise((resolve) => shop.close(resolve));
  await rm(folder, { recursive: true });
});

const counts = (counter: string, value: string): Promise<void> =>
  vi.waitFor(async () => expect(await page.textContent(counter)).toBe(value), { timeout: 20_000 });
const accept = () => page.getByRole("button", { name: "Accept" });
const decline = () => page.getByRole("button", { name: "Decline" });
const stored = (): Promise<unknown> => page.evaluate("localStorage.length + sessionStorage.length");

test("a visitor who declines browses the shop and sends nothing", async () => {
  await page.goto(url);
  await accept().waitFor();
  expect(await stored()).toBe(0);
  const sizes = await Promise.all([accept().boundingBox(), decline().boundingBox()]);
  expect(sizes[0]?.width).toBe(sizes[1]?.width);
  await decline().click();
  await page.getByRole("link", { name: /Harbour teapot/ }).click();
  await page.getByRole("heading", { level: 1, name: "Harbour teapot" }).waitFor();
  expect(await accept().isVisible()).toBe(false);
  expect(await stored()).toBe(0);
  await page.goto("about:blank");
  expect(edge.requests.map(({ path }) => path)).toEqual(["/v1/sites/config"]);
  expect(await context.cookies()).toEqual([]);
});

test("a visitor who accepts is seen from page to page until Privacy settings, Decline", async () => {
  await page.goto(url);
  await accept().click();
  await page.getByRole("link", { name: /Morning mug/ }).click();
  await page.getByRole("button", { name: "Add to basket" }).click();
  await page.getByText("In your basket.").waitFor();
  await page.getByRole("link", { name: "Basket 1" }).click();
  await page.getByRole("cell", { name: "Morning mug" }).waitFor();
  await vi.waitFor(() => expect(edge.events()).toHaveLength(6), { timeout: 20_000 });
  const seen = edge.events().map(({ type, data }) => [type, data["click"]?.["name"] ?? data["page"]?.["path"]]);
  expect(seen).toEqual([
    ["page.view", "/"],
    ["click", "open-product"],
    ["page.view", "/products/morning-mug"],
    ["click", "add-to-basket"],
    ["click", "nav-basket"],
    ["page.view", "/basket"],
  ]);
  expect(edge.events()[3]?.data["product"]).toEqual({ sku: "KL-101", price: 24.5 });
  expect(edge.events()[5]?.data["page"]?.["title"]).toBe("Your basket · Kiln & Loom");

  await page.getByRole("button", { name: "Privacy settings" }).click();
  await page.getByText(/You have accepted/).waitFor();
  await decline().click();
  expect(await page.evaluate("localStorage.length")).toBe(0);
  await vi.waitFor(() => expect(edge.requests.at(-1)).toMatchObject({ method: "PUT" }));
  expect(edge.requests.at(-1)?.body).toBe('{"purposes":[],"policyVersion":1}');
  await page.getByRole("link", { name: "Back to the shelf" }).click();
  await page.getByRole("heading", { level: 1, name: "Made slowly" }).waitFor();
  await page.goto("about:blank");
  expect(edge.requests.at(-1)?.method).toBe("PUT");
});

test("the live page shows events and sessions as they come, resumes after a break and says what is missing", async () => {
  await page.goto(`${url}/live`);
  // The demo is set up after the shop is there.
  const endpoints = { demo: { application: "app-1", pipelines: { live: "pipe-1" } } };
  await writeFile(endpointsFile, JSON.stringify(endpoints));
  await vi.waitFor(() => expect(api.subscriptions).toHaveLength(2), { timeout: 20_000 });
  expect(api.authorizations).toContain("Bearer the-token");
  expect(await page.content()).not.toContain("not in any page");

  const event = (n: number, type: string, rest: object): object => ({
    id: `source-1/e${n}`,
    visitor: `pseudonym-${n % 5}`,
    $type: type,
    $time: Date.now(),
    ...rest,
  });
  api.publish("events", {
    __typename: "ResultRows",
    cursor: "7",
    rows: [
      event(1, "page.view", { "page.path": "/products/oak-stool" }),
      event(2, "click", { "page.path": "/", "click.name": "add-to-basket", "product.sku": "KL-203" }),
      event(3, "page.view", { "page.path": "/basket" }),
    ],
  });
  await page.getByText("add-to-basket · KL-203 · /").waitFor();
  await counts("#count-events", "3");
  await counts("#count-active", "3");
  api.publish("sessions", {
    __typename: "ResultRows",
    cursor: "3",
    rows: [
      {
        id: "Q7k_2-hJx0aVbN4mZt9sWc-m3k2a1",
        "session.start": 1_000_000,
        "session.end": 1_125_000,
        "session.events": 9,
      },
    ],
  });
  await page.getByText("2 min 5 s").waitFor();
  await counts("#count-sessions", "1");

  api.dropConnections();
  await vi.waitFor(() => expect(api.subscriptions).toHaveLength(4), { timeout: 20_000 });
  expect(api.subscriptions.slice(2).map(({ after }) => after)).toEqual(expect.arrayContaining(["7", "3"]));
  api.publish("events", { __typename: "ResultGap", from: "8", until: "90", reason: "slow-reader" });
  await page.getByText(/slow-reader/).waitFor();
  api.publish("events", {
    __typename: "ResultRows",
    cursor: "99",
    rows: Array.from({ length: 500 }, (_, n) =>
      event(n, n % 3 ? "page.view" : "click", { "page.path": `/products/${n}` }),
    ),
  });
  await counts("#count-events", "503");
  expect(await page.locator("#events li").count()).toBeLessThan(50);
});

test("a page of another site gets no token", async () => {
  const response = await fetch(`${url}/live/token`, { headers: { "sec-fetch-site": "cross-site" } });
  expect(response.status).toBe(403);
});

test("the webhook receiver takes signed rows, each delivery once", async () => {
  const post = async (id: string, rows: unknown, secret = SECRET, at = Date.now()): Promise<number> => {
    const body = JSON.stringify(rows);
    const timestamp = String(Math.floor(at / 1000));
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
    const response = await fetch(`${url}/hooks/sessions`, {
      method: "POST",
      body,
      headers: {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": `v1,AAAA v1,${signature}`,
      },
    });
    await response.text();
    return response.status;
  };
  const received = async (): Promise<unknown> => (await fetch(`${url}/hooks/sessions`)).json();
  expect(await post("m1", [{ id: "a" }, { id: "b" }])).toBe(200);
  expect(await post("m1", [{ id: "a" }, { id: "b" }])).toBe(200);
  expect(await received()).toEqual({ rows: 2, ids: 2, duplicates: 0 });
  expect(await post("m2", { output: "sessions", rows: [{ id: "b" }, { id: "c" }] })).toBe(200);
  expect(await received()).toEqual({ rows: 4, ids: 3, duplicates: 1 });
  const other = `whsec_${Buffer.from("another secret, not the shop's one").toString("base64")}`;
  expect(await post("m3", [{ id: "d" }], other)).toBe(401);
  expect(await post("m4", [{ id: "d" }], SECRET, Date.now() - 3_600_000)).toBe(401);
  expect(await post("m5", { id: "d" })).toBe(400);
  expect(await received()).toEqual({ rows: 4, ids: 3, duplicates: 1 });
});
