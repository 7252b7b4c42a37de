import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { launchBrowser } from "./browser.ts";
import { startFakeEdge, type FakeEdge } from "./fake-edge.ts";

let browser: Browser;
let edge: FakeEdge;
let site: Server;
let siteUrl: string;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
  site = createServer((_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><title>Page</title><script async src="${edge.url}/sloc.js"></script>`);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await browser.close();
  await new Promise((resolve) => site.close(resolve));
});
beforeEach(async () => {
  edge = await startFakeEdge();
  context = await browser.newContext();
  page = await context.newPage();
});
afterEach(async () => {
  await context.close();
  await edge.close();
});

const eventually = (check: () => void | Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 20_000 });
const run = (script: string): Promise<unknown> => page.evaluate(script);
const open = async (): Promise<void> => {
  await page.goto(siteUrl);
  await eventually(async () => expect(await run("window.o2mc?.consent?.status().ready")).toBe(true));
};
const puts = (): unknown[] =>
  edge.requests.filter(({ method }) => method === "PUT").map(({ body }) => JSON.parse(body) as unknown);
const withGpc = () =>
  context.addInitScript("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })");

test("with Global Privacy Control on, what it denies is neither offered nor granted", async () => {
  await withGpc();
  await open();
  expect(await run("o2mc.consent.status().offered.join()")).toBe("analytics");
  await run("o2mc.consent.grant()");
  await eventually(() => expect(edge.events().length).toBeGreaterThan(0));
  expect(puts()).toEqual([{ purposes: ["analytics"], policyVersion: 1 }]);
  expect(edge.events().map(({ consent }) => consent.purposes)).toEqual([["analytics"]]);
});

test("a visitor who switches Global Privacy Control on later is the same visitor, with less", async () => {
  await open();
  await run("o2mc.consent.grant()");
  await eventually(() => expect(edge.events()).toHaveLength(1));
  await withGpc();
  await open();
  await eventually(() => expect(edge.events()).toHaveLength(2));
  expect(puts()).toEqual([
    { purposes: ["analytics", "marketing"], policyVersion: 1 },
    { purposes: ["analytics"], policyVersion: 1 },
  ]);
  const [before, after] = edge.events();
  expect(after?.consent.purposes).toEqual(["analytics"]);
  expect(after?.subject).toBe(before?.subject);
});

/** A consent tool in the page, as the framework's API shows it. */
const withTool = () =>
  context.addInitScript(`
    window.listeners = [];
    window.__tcfapi = (command, version, callback) => listeners.push(callback);
    window.choose = (eventStatus, purposes, tcString) => listeners.forEach((callback) => callback({ eventStatus, tcString,
      purpose: { consents: Object.fromEntries(purposes.map((number) => [number, true])) },
      vendor: { consents: { 8: true } } }, true));`);

test("what a TCF consent tool grants is granted and proven by its string, what it takes back is withdrawn", async () => {
  edge.tcf = { analytics: { purposes: [1, 3], vendor: 8 }, marketing: { purposes: [1, 4], vendor: 9 } };
  await withTool();
  await open();
  await run("choose('cmpuishown', [1, 3, 4], 'C-shown')");
  await run("choose('useractioncomplete', [1], 'C-too-little')");
  expect(puts()).toEqual([]);
  await run("choose('useractioncomplete', [1, 3, 4], 'C-given')");
  await eventually(() => expect(edge.events()).toHaveLength(1));
  // vendor 9 was not granted
  expect(puts()).toEqual([{ purposes: ["analytics"], policyVersion: 1, tcf: "C-given" }]);
  expect(edge.events()[0]?.consent).toMatchObject({ purposes: ["analytics"], tcf: "C-given" });
  await run("choose('useractioncomplete', [], 'C-none')");
  await eventually(() => expect(puts().at(-1)).toEqual({ purposes: [], policyVersion: 1 }));
  expect(await run("localStorage.length")).toBe(0);
});

test("GPC against a TCF string: the stricter wins", async () => {
  edge.tcf = { marketing: { purposes: [1], vendor: null } };
  await withGpc();
  await withTool();
  await open();
  await run("choose('tcloaded', [1], 'C-given')");
  await run("o2mc.consent.grant(['analytics', 'marketing'])");
  await eventually(() => expect(edge.events()).toHaveLength(1));
  expect(edge.events()[0]?.consent.purposes).toEqual(["analytics"]);
  expect(puts()).toEqual([{ purposes: ["analytics"], policyVersion: 1 }]);
});
