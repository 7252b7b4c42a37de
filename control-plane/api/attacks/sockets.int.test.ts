import { Client } from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { noHub, startApi, type TestApi } from "../../test/api.ts";
import { makeTenant } from "../../test/fixture.ts";
import { rawSocket } from "../../test/raw-socket.ts";
import { LIMITS } from "../limits/limits.ts";

let api: TestApi;
let opened = 0;

beforeAll(async () => {
  api = await startApi({
    exposure: { allowedOrigins: ["https://console.example"] },
    // results that never come
    hub: () => ({
      ...noHub,
      openResults: () => {
        opened += 1;
        return Promise.resolve(never());
      },
    }),
  });
  await makeTenant(api, "one");
});

afterAll(() => api?.stop());

function never(): AsyncIterableIterator<never> {
  let end: (value: IteratorReturnResult<undefined>) => void = () => undefined;
  const ended = new Promise<IteratorReturnResult<undefined>>((resolve) => (end = resolve));
  return {
    next: () => ended,
    return: () => {
      end({ done: true, value: undefined });
      return ended;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const init = async () => ({
  type: "connection_init",
  payload: { authorization: `Bearer ${await api.issuer.token({ tenant: "one", roles: ["developer"] })}` },
});
const ask = (id: string, query = "{ me { id } }") => ({ id, type: "subscribe", payload: { query } });

test("subscribe before init", async () => {
  expect(await rawSocket(api.url, [ask("1"), await init()])).toEqual(["closed 4401"]);
});

test("double init", async () => {
  const said = await rawSocket(api.url, [await init(), await init()]);
  expect(said.at(-1)).toBe("closed 4429");
  expect(said.join("")).not.toContain('"data"');
});

test("init with a token that is none", async () => {
  const said = await rawSocket(api.url, [{ type: "connection_init", payload: { authorization: "Bearer o2mc_x" } }]);
  expect(said).toEqual(["closed 4403"]);
});

test.each([["https://evil.example"], ["null"], ["http://localhost:3000"], ["https://console.example.evil.example"]])(
  "wrong Origin %s",
  async (origin) => {
    expect(await rawSocket(api.url, [await init()], { origin })).toEqual(["refused 401"]);
    const preflight = await fetch(`${api.url}/graphql`, { method: "OPTIONS", headers: { origin } });
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  },
);

test("the right Origin may", async () => {
  const origin = "https://console.example";
  const said = await rawSocket(api.url, [await init()], { origin, done: (all) => all.length === 1 });
  expect(said[0]).toContain("connection_ack");
  const preflight = await fetch(`${api.url}/graphql`, { method: "OPTIONS", headers: { origin } });
  expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
});

test.each([
  ["without a token", 600, 200_000],
  ["with a token", 600, 200_000],
  ["with a token", 60_000, 1_000],
])(
  "memory bomb: who sends pings %s (%i of %i characters) and reads no answer is cut off",
  async (who, count, length) => {
    const ping = JSON.stringify({ type: "ping", payload: { filling: "x".repeat(length) } });
    // nor may it fill the log
    const told = vi.spyOn(console, "error").mockReturnValue();
    const socket = new WebSocket(`${api.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    let pongs = 0;
    await new Promise<void>((done) => socket.on("open", () => done()));
    const closed = new Promise<number>((done) => socket.on("close", done));
    socket.on("error", () => undefined);
    socket.on("message", () => pongs++);
    socket.pause();
    if (who === "with a token") socket.send(JSON.stringify(await init()));
    // in one go: a socket without a token is closed after three seconds anyway
    await Promise.all(Array.from({ length: count }, () => new Promise((sent) => socket.send(ping, sent))));
    socket.resume();
    expect(await closed).toBe(1006);
    expect(pongs).toBeLessThan(count);
    await new Promise((done) => setImmediate(done));
    expect(told).not.toHaveBeenCalled();
    told.mockRestore();
  },
);

test("errors tell nothing of the inside: a database that fails while a socket is opened", async () => {
  const own = await startApi();
  await makeTenant(own, "one");
  const client = new Client(own.database.ownerUrl);
  await client.connect();
  await client.query("alter table machine_tokens rename to elsewhere");
  await client.end();
  const socket = new WebSocket(`${own.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const payload = { authorization: `Bearer o2mc_${"0".repeat(64)}` };
  socket.on("open", () => socket.send(JSON.stringify({ type: "connection_init", payload })));
  const reason = await new Promise<string>((done) =>
    socket.on("close", (code, why: Buffer) => done(`${code} ${why.toString("utf8")}`)),
  );
  expect(reason).toBe("4500 Internal server error");
  await own.stop();
});

test("one socket with many subscriptions", async () => {
  const developer = await api.issuer.token({ tenant: "one", roles: ["developer"] });
  const list = await api.ask(developer, "{ applications { edges { node { id } } } }");
  const [application = ""] = /app_\w+/.exec(list.text) ?? [];
  const pipelines = await api.ask(developer, `{ pipelines(application: "${application}") { edges { node { id } } } }`);
  const [pipeline = ""] = /pl_\w+/.exec(pipelines.text) ?? [];
  const results = `subscription { results(output: { application: "${application}", pipeline: "${pipeline}", output: "pages" }) { __typename } }`;
  const first = await init();
  const socket = new WebSocket(`${api.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const refused: string[] = [];
  await new Promise<void>((resolve, fail) => {
    socket.on("open", () => socket.send(JSON.stringify(first)));
    socket.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      if (text.includes("connection_ack")) {
        for (let i = 0; i < LIMITS.subscriptionsPerSocket + 5; i++) socket.send(JSON.stringify(ask(`s${i}`, results)));
      } else if (text.includes('"code"')) {
        refused.push(/"code":"(\w+)"/.exec(text)?.[1] ?? "");
        if (refused.length === 5) resolve();
      }
    });
    socket.on("close", (code) => fail(new Error(`closed ${code}`)));
  });
  socket.removeAllListeners("close");
  // those that were opened run on
  await expect.poll(() => opened).toBe(LIMITS.subscriptionsPerSocket);
  expect(refused).toEqual(Array(5).fill("TOO_MANY_SUBSCRIPTIONS"));
  const owner = await api.issuer.token({ tenant: "one", roles: ["owner"], sub: "owner" });
  const log = await api.ask(
    owner,
    `{ auditLog(first: 200, filter: { action: "result.subscribed" }) { edges { node { target } } } }`,
  );
  // each that was opened is on record, with the pipeline that it was opened on
  expect(log.text.split(pipeline).length - 1).toBe(LIMITS.subscriptionsPerSocket);
  socket.close();
});
