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
let pageErrors: Error[];
/** what stands in the head before the one line */
let head: string;

const html = (path: string): string => `<!doctype html><html lang="en"><head><title>Page ${path}</title>${head}
<script async src="${edge.url}/sloc.js"></script></head>
<body><button id="buy" data-o2mc-click="add-to-basket" data-sku="A1" data-price="9.50"><b>Buy</b></button>
<button id="plain">Plain</button><a id="next" href="/next">Next</a></body></html>`;

beforeAll(async () => {
  browser = await launchBrowser();
  site = createServer((request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    // The nonce lets only the test's own stub run inline; there is no unsafe-eval, and Trusted Types are required.
    response.setHeader(
      "content-security-policy",
      `default-src 'none'; script-src ${edge.url} 'nonce-test'; connect-src ${edge.url}; require-trusted-types-for 'script'`,
    );
    response.end(html(request.url ?? "/"));
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await browser.close();
  await new Promise((resolve) => site.close(resolve));
});
beforeEach(async () => {
  head = "";
  edge = await startFakeEdge();
  context = await browser.newContext();
  page = await context.newPage();
  pageErrors = [];
  page.on("pageerror", (error) => pageErrors.push(error));
});
afterEach(async () => {
  await context.close();
  await edge.close();
});

/** Asks from outside: the page's policy forbids the eval of Playwright's own waitForFunction. */
const becomes = (where: Page, condition: string): Promise<void> =>
  vi.waitFor(async () => expect(await where.evaluate(condition)).toBe(true), { timeout: 20_000 });
const open = async (path = "/"): Promise<void> => {
  await page.goto(siteUrl + path);
  await becomes(page, "window.o2mc?.consent?.status().ready");
};
const run = (script: string): Promise<unknown> => page.evaluate(script);
const stored = (): Promise<unknown> => run("JSON.stringify([Object.keys(localStorage), Object.keys(sessionStorage)])");
const seen = (): string[] => edge.requests.map(({ method, path }) => `${method} ${path}`);
const arrived = (count: number): Promise<void> =>
  vi.waitFor(() => expect(edge.events().length).toBeGreaterThanOrEqual(count), { timeout: 20_000 });
/** Everything that the snippet would send on leaving has been sent when the next page is ready. */
const leave = (): Promise<void> => open("/elsewhere");

test("before consent: one request without data, nothing stored", async () => {
  await open("/?secret=1");
  await page.click("#buy");
  await run("o2mc.track('search', { term: 'mug' }); history.pushState({}, '', '/spa')");
  await leave();
  expect(new Set(seen())).toEqual(new Set(["GET /v1/sites/config"]));
  for (const request of edge.requests) {
    expect(request).toMatchObject({ body: "", cookie: undefined, referrer: undefined, authorization: undefined });
  }
  expect(await stored()).toBe("[[],[]]");
  expect(await context.cookies()).toEqual([]);
});

test("a visitor who declines sends and stores nothing", async () => {
  await open();
  await run("o2mc.consent.withdraw()");
  await page.click("#buy");
  await leave();
  expect(new Set(seen())).toEqual(new Set(["GET /v1/sites/config"]));
  expect(await stored()).toBe("[[],[]]");
});

test("after a grant: receipt, page view, click and tracked events, for one visitor across pages", async () => {
  await open("/shop?x=1#token=secret");
  await run("o2mc.consent.grant(['analytics', 'not-offered'])");
  await page.click("#buy b");
  await page.click("#plain");
  await run("o2mc.track('search', { search: { term: 'mug' } })");
  await arrived(3);
  const [view, click, search] = edge.events();
  const subject = view?.subject ?? "";
  expect(subject).toMatch(/^[0-9a-f-]{36}$/);
  expect(seen().slice(1, 3)).toEqual([`PUT /v1/sources/shop/consent/${subject}`, "POST /v1/sources/shop/events"]);
  expect(edge.requests[1]?.body).toBe('{"purposes":["analytics"],"policyVersion":1}');
  expect(edge.requests[2]?.authorization).toBe("Bearer wk");
  expect(view).toMatchObject({
    type: "page.view",
    data: { page: { path: "/shop", title: "Page /shop?x=1", url: `${siteUrl}/shop?x=1`, referrer: "" } },
    consent: { purposes: ["analytics"], policyVersion: 1 },
  });
  expect(click).toMatchObject({
    type: "click",
    data: { click: { name: "add-to-basket" }, product: { sku: "A1", price: 9.5 }, page: { path: "/shop" } },
  });
  expect(search).toMatchObject({ type: "search", data: { search: { term: "mug" } } });

  await open("/next");
  await arrived(4);
  expect(edge.events()[3]).toMatchObject({ type: "page.view", subject, data: { page: { path: "/next" } } });
  // One receipt is enough.
  expect(seen().filter((line) => line.startsWith("PUT"))).toHaveLength(1);
  expect(new Set(edge.events().map(({ id }) => id)).size).toBe(4);
  expect(await context.cookies()).toEqual([]);
});

test("History API pages count once per address; leaving the page loses nothing", async () => {
  await open("/");
  await run("o2mc.consent.grant()");
  await arrived(1);
  await run(
    "history.pushState({}, '', '/one'); document.title = 'One'; new Promise((r) => setTimeout(r)).then(() => history.replaceState({}, '', '/one#part'))",
  );
  await arrived(2);
  await page.goBack();
  await vi.waitFor(async () => expect(await run("location.pathname")).toBe("/"));
  await run("new Promise((r) => setTimeout(r))");
  await run("o2mc.track('last')");
  await page.goto("about:blank");
  await arrived(4);
  const views = edge.events().map(({ type, data }) => [type, data["page"]?.["path"], data["page"]?.["title"]]);
  expect(views.slice(0, 2)).toEqual([
    ["page.view", "/", "Page /"],
    ["page.view", "/one", "One"],
  ]);
  expect(edge.events()[1]?.data["page"]?.["referrer"]).toBe(`${siteUrl}/`);
  expect(views.slice(2).map(([type]) => type)).toEqual(["page.view", "last"]);
});

test("a withdrawal empties queue and storage at once and is the last thing sent", async () => {
  await open();
  await run("o2mc.consent.grant()");
  await arrived(1);
  const subject = edge.events()[0]?.subject;
  await run("o2mc.track('never'); o2mc.consent.withdraw()");
  expect(await stored()).toBe("[[],[]]");
  await page.click("#buy");
  await vi.waitFor(() => expect(edge.requests.at(-1)?.method).toBe("PUT"));
  expect(edge.requests.at(-1)).toMatchObject({
    path: `/v1/sources/shop/consent/${subject}`,
    body: '{"purposes":[],"policyVersion":1}',
  });
  await leave();
  expect(edge.requests.at(-1)?.path).toBe("/v1/sites/config");
  expect(edge.events()).toHaveLength(1);

  // A new grant is a new visitor: nothing links it to the one that withdrew.
  await run("o2mc.consent.grant()");
  await arrived(2);
  expect(edge.events()[1]?.subject).not.toBe(subject);
});

test("a withdrawal in one tab stops the other", async () => {
  await open();
  await run("o2mc.consent.grant()");
  await arrived(1);
  const other = await context.newPage();
  await other.goto(`${siteUrl}/other`);
  await arrived(2);
  await run("o2mc.consent.withdraw()");
  await becomes(other, "o2mc.consent.status().granted.length === 0");
  await other.click("#buy");
  await other.goto("about:blank");
  await leave();
  expect(edge.events()).toHaveLength(2);
});

test("a raised policy version ends older consent", async () => {
  await open();
  await run("o2mc.consent.grant()");
  await arrived(1);
  edge.policyVersion = 2;
  await open("/later");
  expect(await run("o2mc.consent.status().granted.length")).toBe(0);
  expect(await stored()).toBe("[[],[]]");
  await page.click("#buy");
  await leave();
  expect(edge.events()).toHaveLength(1);
});

test("calls before the script is here are kept; the page's errors stay its own and stop nothing", async () => {
  head = `<script nonce="test">
    window.o2mc = window.o2mc || { q: [] };
    o2mc.q.push(function () { throw new Error("the page's own"); });
    o2mc.q.push(["consent.grant", ["analytics"]], ["track", "early", { a: { b: 1 } }], ["track", "bad", { big: 1n }], ["no-such"]);
  </script>`;
  await open();
  await arrived(2);
  expect(edge.events().map(({ type }) => type)).toEqual(["page.view", "early"]);
  expect(pageErrors.map(({ message }) => message)).toEqual(["the page's own"]);
});

test("a busy edge gets the events again under the same ids", async () => {
  edge.failures.push(503, 429);
  await open();
  await run("o2mc.consent.grant()");
  await arrived(1);
  const bodies = edge.requests.filter(({ method }) => method === "POST").map(({ body }) => body);
  expect(bodies).toHaveLength(3);
  expect(new Set(bodies).size).toBe(1);
  expect(pageErrors).toEqual([]);
});
