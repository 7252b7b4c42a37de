import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page, Request } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { postEvents } from "../../testkit/ingest.ts";
import type { OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { launchBrowser } from "../snippet/browser.ts";
import { AttackedApplication, type Followed } from "./application.ts";

/** Purposes 1, 2 and 3 are granted; made in 2020. */
const TCF_1_2_3 = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA";
const SCRIPT = `</script><img src="x" onerror="pwned = 1"><script>pwned = 1</script>`;
const WAIT_MS = 20_000;
/** longer than an event takes from a page to an output */
const SETTLE_MS = 2_000;

let platform: Platform;
let application: AttackedApplication;
let source: OwnSource;
let other: OwnSource;
let rows: Followed;
let browser: Browser;
let site: Server;
let thief: Server;

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** A page with the one line, under as strict a policy as there is. */
async function serve(edge: string): Promise<Server> {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.setHeader(
      "content-security-policy",
      `default-src 'none'; script-src ${edge}/sloc.js; connect-src ${edge}; require-trusted-types-for 'script'; trusted-types 'none'`,
    );
    response.end(
      `<!doctype html><title>${request.url ?? ""}</title><script async src="${edge}/sloc.js"></script><p id="text">Text</p>`,
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

beforeAll(async () => {
  platform = await sharedPlatform();
  const { edge } = platform.endpoints;
  site = await serve(edge);
  thief = await serve(edge);
  browser = await launchBrowser();
  const signals = { gpc: "DENY", dnt: "IGNORE", tcf: { purposes: [1], vendor: null } };
  application = await AttackedApplication.create(platform.endpoints, "attacked-snippet", {
    purposes: [{ name: "analytics", description: SCRIPT, legalBasis: "CONSENT", lifetimeDays: 30, signals }],
    fields: [{ path: "page.path", type: "STRING", purposes: ["analytics"] }],
  });
  const pipeline = await application.pipeline(SCRIPT.slice(0, 60), ["analytics"], [{ emit: { output: "events" } }]);
  source = await application.source(SCRIPT.slice(0, 60), ["analytics"], "WEB", [urlOf(site)]);
  other = await application.source("other", ["analytics"]);
  rows = application.follow(pipeline, "events");
});

afterAll(async () => {
  await rows?.stop();
  await browser?.close();
  for (const server of [site, thief]) {
    server?.closeAllConnections();
    server?.close();
  }
});

interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** what the edge answered: method, what was asked for, and the status if the page may read it */
  readonly answers: string[];
  readonly run: (script: string) => Promise<unknown>;
}

async function visit(init = "", options: object = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  await context.addInitScript(
    `window.violations = []; document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective)); ${init}`,
  );
  const page = await context.newPage();
  const answers: string[] = [];
  const note = (request: Request, outcome: number | string): void => {
    const [, kind = ""] = /\/(events|consent|config)\b/.exec(request.url()) ?? [];
    if (kind !== "") answers.push(`${request.method()} ${kind} ${outcome}`);
  };
  context.on("response", (response) => note(response.request(), response.status()));
  context.on("requestfailed", (request) => note(request, "unreadable"));
  return { context, page, answers, run: (script) => page.evaluate(script) };
}

async function open({ page, run }: Visit, path: string): Promise<void> {
  await page.goto(urlOf(site) + path);
  await vi.waitFor(async () => expect(await run("window.o2mc?.consent?.status().ready")).toBe(true), {
    timeout: WAIT_MS,
  });
}

const seen = (): readonly string[] => rows.rows.map((row) => `${String(row["$type"])} ${String(row["page.path"])}`);
const arrives = (what: string): Promise<void> => vi.waitFor(() => expect(seen()).toContain(what), { timeout: WAIT_MS });

/** What had been on its way is there when what was sent after it is. */
async function settle(path: string): Promise<void> {
  const last = await visit();
  await open(last, path);
  await last.run("o2mc.consent.grant()");
  await arrives(`page.view ${path}`);
  await last.page.waitForTimeout(SETTLE_MS);
  await last.context.close();
}

test("queue flushed after a denial: what waited for the network is never sent, and the denial is", async () => {
  const victim = await visit();
  await open(victim, "/queue");
  await victim.run("o2mc.consent.grant()");
  await arrives("page.view /queue");
  const taken = (): readonly string[] => victim.answers.filter((answer) => /^POST events \d/.test(answer));
  const before = taken();
  await victim.context.setOffline(true);
  await victim.run("for (let i = 0; i < 50; i++) o2mc.track('never')");
  // some are in a batch that has failed and waits to be sent again
  await victim.page.waitForTimeout(1_000);
  await victim.run("o2mc.consent.withdraw()");
  await victim.run("o2mc.track('never')");
  await victim.context.setOffline(false);
  const denials = (): number => victim.answers.filter((answer) => answer === "PUT consent 204").length;
  await vi.waitFor(() => expect(denials()).toBe(2), { timeout: WAIT_MS });
  // by then a batch that had failed would have been sent again
  await victim.page.waitForTimeout(3 * SETTLE_MS);
  // leaving flushes
  await open(victim, "/queue-after");
  await victim.page.goto("about:blank");
  await settle("/queue-settled");
  // the edge would deny it, but it must not even leave the page
  expect(taken()).toEqual(before);
  expect(seen().filter((row) => /^never|queue-after/.test(row))).toEqual([]);
  await victim.context.close();
});

/** A consent tool in the page, as the framework's API shows it. */
const tool = (tcString: string): string => `
  window.__tcfapi = (command, version, callback) => setTimeout(() => callback({ eventStatus: "useractioncomplete",
    tcString: ${JSON.stringify(tcString)}, purpose: { consents: { 1: true } }, vendor: { consents: {} } }, true));`;

test.each(["CO", "not a string", TCF_1_2_3.slice(0, 20), `${TCF_1_2_3}.`, "C".repeat(30_000)])(
  "invalid TC string %#: the page's tool says granted, the edge takes nothing",
  async (tcString) => {
    const victim = await visit(tool(tcString));
    await open(victim, "/invalid-tcf");
    await vi.waitFor(() => expect(victim.answers).toContain("PUT consent 400"), { timeout: WAIT_MS });
    await victim.run("o2mc.track('invalid-tcf')");
    await victim.page.goto("about:blank");
    await victim.context.close();
    expect(seen().filter((row) => row.includes("invalid-tcf"))).toEqual([]);
  },
);

test("GPC against TCF: a page that hides the browser's signal from the snippet gets nothing past the edge", async () => {
  const hidden = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: undefined });";
  const victim = await visit(hidden + tool(TCF_1_2_3), { extraHTTPHeaders: { "sec-gpc": "1" } });
  await open(victim, "/gpc");
  await vi.waitFor(() => expect(victim.answers).toContain("PUT consent 204"), { timeout: WAIT_MS });
  await victim.run("o2mc.track('gpc')");
  await vi.waitFor(() => expect(victim.answers).toContain("POST events 202"), { timeout: WAIT_MS });
  await victim.context.close();
  // the same without the signal
  const willing = await visit(tool(TCF_1_2_3));
  await open(willing, "/tcf-alone");
  await arrives("page.view /tcf-alone");
  await willing.context.close();
  await settle("/gpc-settled");
  expect(seen().filter((row) => row.includes("/gpc") && !row.includes("settled"))).toEqual([]);
});

const publicKey = async (): Promise<string> => {
  const response = await fetch(`${platform.endpoints.edge}/v1/sites/config`, { headers: { origin: urlOf(site) } });
  return ((await response.json()) as { readonly writeKey: string }).writeKey;
};

const event = (id: string, subject: string, path: string) => {
  const now = new Date().toISOString();
  const consent = { purposes: ["analytics"], policyVersion: 1, givenAt: now };
  return JSON.stringify({ id, type: "stolen", time: now, subject, data: { page: { path } }, consent });
};

test("stolen write key: another site's page gets neither configuration nor answer, and sends nothing", async () => {
  const writeKey = await publicKey();
  const { context, page, answers, run } = await visit();
  await page.goto(urlOf(thief));
  await vi.waitFor(() => expect(answers).toContain("GET config unreadable"), { timeout: WAIT_MS });
  expect(await run("o2mc.consent.status().ready")).toBe(false);
  const send = `fetch(${JSON.stringify(`${platform.endpoints.edge}/v1/sources/${source.id}/events`)}, { method: "POST",
    headers: { authorization: "Bearer ${writeKey}", "content-type": "application/json" },
    body: ${JSON.stringify(event("thief-1", "thief", "/thief"))} }).then((answer) => answer.status, (error) => error.name)`;
  expect(await run(send)).toBe("TypeError");
  // without a preflight to stop it: what a form may send is no event
  const simple = send
    .replace("application/json", "text/plain")
    .replace(/authorization: "[^"]*", /, "")
    .replace('"POST"', '"POST", mode: "no-cors"');
  expect(await run(simple)).toBe(0);
  await context.close();
  const origin = { origin: urlOf(thief) };
  const refused = await postEvents(
    platform.endpoints,
    source.id,
    writeKey,
    event("thief-2", "thief", "/thief"),
    origin,
  );
  expect(refused).toMatchObject({ status: 403, body: { code: "origin-not-allowed" } });
  await settle("/stolen-settled");
  expect(seen().filter((row) => row.includes("/thief"))).toEqual([]);
});

test("stolen write key: outside a browser it opens one source, reads nothing, and says nothing of a subject", async () => {
  const writeKey = await publicKey();
  const { edge } = platform.endpoints;
  const authorization = `Bearer ${writeKey}`;
  expect((await postEvents(platform.endpoints, other.id, writeKey, event("thief-3", "thief", "/thief"))).status).toBe(
    401,
  );
  for (const path of ["events", "consent/victim"]) {
    const response = await fetch(`${edge}/v1/sources/${source.id}/${path}`, { headers: { authorization } });
    expect(response.status).toBe(405);
  }
  const withdrawn = await fetch(`${edge}/v1/sources/${source.id}/consent/victim`, {
    method: "PUT",
    headers: { authorization, "content-type": "application/json" },
    body: '{"purposes":[],"policyVersion":1}',
  });
  expect(withdrawn.status).toBe(204);
  const ofVictim = await postEvents(platform.endpoints, source.id, writeKey, event("thief-4", "victim", "/victim"));
  const ofNobody = await postEvents(platform.endpoints, source.id, writeKey, event("thief-5", "nobody", "/nobody"));
  expect(ofVictim).toEqual(ofNobody);
  await arrives("stolen /nobody");
  await settle("/told-settled");
  expect(seen()).not.toContain("stolen /victim");
});

test("script in configuration: names and descriptions are data, under a policy that forbids all markup", async () => {
  const visitor = await visit();
  await open(visitor, "/script");
  const config = await fetch(`${platform.endpoints.edge}/v1/sites/config`, { headers: { origin: urlOf(site) } });
  expect(await config.text()).toContain("onerror");
  expect(config.headers.get("content-type")).toMatch(/^application\/json/);
  await visitor.run("o2mc.consent.grant()");
  await arrives("page.view /script");
  expect(
    await visitor.run("[document.images.length, document.scripts.length, typeof pwned, violations.join()]"),
  ).toEqual([0, 1, "undefined", ""]);
  await visitor.context.close();
  expect(rows.problems).toEqual([]);
});
