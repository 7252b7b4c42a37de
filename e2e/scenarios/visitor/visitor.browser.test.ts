import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessToken, subscribe } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { startPlatform, type Platform } from "../../testkit/platform.ts";
import { launchBrowser } from "../snippet/browser.ts";

let platform: Platform;
let browser: Browser;
/** rows of the demo's `live` output `events`, as a subscriber gets them */
const rows: Record<string, unknown>[] = [];
const problems: unknown[] = [];
let unsubscribe: () => Promise<void>;

beforeAll(async () => {
  platform = await startPlatform();
  browser = await launchBrowser();
  const { endpoints } = platform;
  unsubscribe = subscribe(
    endpoints,
    await accessToken(endpoints, "dev@demo.example"),
    {
      application: endpoints.demo.application,
      pipeline: endpoints.demo.pipelines["live"] ?? "",
      output: "events",
    },
    (message) => {
      if (message.__typename === "ResultRows") rows.push(...message.rows);
      else problems.push(message);
    },
    (error) => problems.push(error),
  );
});

afterAll(async () => {
  await unsubscribe?.();
  await browser?.close();
  await platform?.stop();
});

test("a visitor who declines sends nothing; one who accepts is seen; a withdrawal stops it at once", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.url().startsWith(platform.endpoints.edge)) {
      sent.push(`${request.method()} ${new URL(request.url()).pathname.split("/").at(-1)}`);
    }
  });
  const posts = (): number => sent.filter((each) => each === "POST events").length;

  await page.goto(platform.endpoints.shop);
  await page.getByRole("button", { name: "Decline" }).click();
  await page.getByRole("link", { name: /Harbour teapot/ }).click();
  await page.getByRole("heading", { level: 1, name: "Harbour teapot" }).waitFor();
  await page.waitForTimeout(1_500);
  expect(sent.filter((each) => !each.startsWith("GET"))).toEqual([]);
  expect(await page.evaluate("localStorage.length + sessionStorage.length")).toBe(0);
  expect(rows).toEqual([]);

  await page.getByRole("button", { name: "Privacy settings" }).or(page.getByText("Privacy settings")).first().click();
  await page.getByRole("button", { name: "Accept" }).click();
  await eventually(() => rows.some((row) => row["$type"] === "page.view"), true, 20_000, 0);
  expect(JSON.stringify(rows)).toContain("/products/harbour-teapot");

  await page.getByRole("button", { name: "Privacy settings" }).or(page.getByText("Privacy settings")).first().click();
  await page.getByRole("button", { name: "Decline" }).click();
  await eventually(() => page.evaluate("localStorage.length + sessionStorage.length"), 0, 10_000, 500);
  const [before, seen] = [posts(), rows.length];
  await page.goto(platform.endpoints.shop);
  await page.getByRole("link", { name: /Morning mug/ }).click();
  await page.waitForTimeout(2_000);
  expect(posts()).toBe(before);
  expect(rows.length).toBe(seen);
  expect(problems).toEqual([]);
});
