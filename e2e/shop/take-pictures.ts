import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../scenarios/snippet/browser.ts";

/** `npm run pictures`: takes the README's pictures from the platform that runs on O2MC_DATA_DIR. */

const FOLDER = join(import.meta.dirname, "pictures");
const VIEWPORT = { width: 1280, height: 800 };
const PACE_MS = 1_200;
const SESSION_MS = 240_000;
const MAX_BYTES = 150_000;

const VISITS: readonly (readonly string[])[] = [
  ["Reading lamp", "Linen throw"],
  ["Harbour teapot", "Morning mug", "Supper bowl"],
  ["Tall vase", "Beeswax candles", "Oak stool"],
  ["Oak stool", "Reading lamp", "Harbour teapot"],
];

const file = join(process.env["O2MC_DATA_DIR"] || ".o2mc", "endpoints.json");
const { shop } = JSON.parse(readFileSync(file, "utf8")) as { shop: string };
const browser = await launchBrowser();
try {
  const live = await open(browser, `${shop}/live`);
  await live.locator("#state[data-state=live]").waitFor();
  const pages = [];
  for (const _visit of VISITS) pages.push(await open(browser, shop));
  const [first, ...others] = pages as [Page, ...Page[]];
  const banner = first.getByRole("button", { name: "Accept" });
  await banner.waitFor();
  await save(first, "shop");
  for (const page of pages) await page.getByRole("button", { name: "Accept" }).click();
  await look(first, VISITS[0] ?? []);
  // the first visitor is quiet from here on, until the session is complete; the others go on
  const until = Date.now() + SESSION_MS;
  for (let round = 0; (await live.locator("#sessions li").count()) === 0; round++) {
    if (Date.now() > until) throw new Error("no session has completed");
    const visitor = round % others.length;
    await look(others[visitor] as Page, VISITS[visitor + 1] ?? []);
    await sleep(PACE_MS);
  }
  await save(live, "live");
} finally {
  await browser.close();
}

/** Each in a profile of its own: one visitor. */
async function open(from: Browser, url: string): Promise<Page> {
  const page = await (await from.newContext({ viewport: VIEWPORT })).newPage();
  await page.goto(url);
  return page;
}

async function look(page: Page, products: readonly string[]): Promise<void> {
  for (const name of products) {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Shop" }).click();
    await page.locator("main").getByRole("link", { name }).first().click();
    await page.getByRole("heading", { level: 1, name }).waitFor();
    await sleep(PACE_MS);
  }
  await page.getByRole("button", { name: /basket/i }).click();
}

async function save(page: Page, name: string): Promise<void> {
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path, animations: "disabled" });
  const { size } = statSync(path);
  if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MAX_BYTES}`);
  console.log(`${path}: ${size} bytes`);
}
