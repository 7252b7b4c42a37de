import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { AddressRule } from "./address-rule.ts";
import { Connector, type Resolve } from "./connector.ts";
import { parseNetworkRange } from "./network-range.ts";

let server: Server;
let port: number;
let connections = 0;

beforeAll(async () => {
  server = createServer((socket) => {
    connections++;
    socket.on("error", () => undefined).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());
beforeEach(() => (connections = 0));

const connector = (allow: readonly string[], resolve?: Resolve): Connector =>
  new Connector(new AddressRule({ allow: allow.flatMap((text) => parseNetworkRange(text) ?? []), deny: [] }), resolve);

async function connect(out: Connector, ...to: unknown[]): Promise<string> {
  const socket = out.socket();
  const result = new Promise<string>((done) => {
    socket.on("connect", () => done("connected"));
    socket.on("error", (error) => done("code" in error ? String(error.code) : error.message));
  });
  (socket.connect as (...args: unknown[]) => unknown)(...to);
  const said = await result;
  socket.destroy();
  return said;
}

test("an opened address is connected to, by number and by name", async () => {
  const open = connector(["127.0.0.1/32"]);
  expect(await connect(open, port, "127.0.0.1")).toBe("connected");
  expect(await connect(open, port, "localhost")).toBe("connected");
});

test.each([
  "127.0.0.1",
  "::1",
  "::ffff:127.0.0.1",
  "0.0.0.0",
  "localhost",
  "localhost.",
  "LOCALHOST",
  "127.1",
  "0177.0.0.1",
  "0x7f.0.0.1",
  "0x7f000001",
  "2130706433",
  "017700000001",
])("SSRF: %s does not reach the machine itself", async (host) => {
  const said = await connect(connector([]), port, host);
  // some resolvers don't know the odd forms at all
  expect(["outgoing.address-refused", "ENOTFOUND"]).toContain(said);
  expect(connections).toBe(0);
});

test("SSRF: neither a Unix socket nor a port without a host", async () => {
  const open = connector(["127.0.0.1/32"]);
  expect(await connect(open, "/var/run/postgresql/.s.PGSQL.5432")).toBe("outgoing.address-refused");
  expect(await connect(open, port)).toBe("outgoing.address-refused");
  expect(await connect(open, { port, host: "127.0.0.1" })).toBe("outgoing.address-refused");
  expect(connections).toBe(0);
});

test("DNS rebinding: a socket connects to the very answer that was checked", async () => {
  const answers = ["127.0.0.2", "127.0.0.1"];
  let asked = 0;
  const out = connector(["127.0.0.2/32"], () => Promise.resolve([{ address: answers[asked++] ?? "", family: 4 }]));
  await out.check("rebinds.example", port);
  expect(await connect(out, port, "rebinds.example")).toBe("outgoing.address-refused");
  expect(asked).toBe(2);
  expect(connections).toBe(0);
});

test("an answer with good and bad addresses: only the good ones are tried", async () => {
  const answer = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
    { address: "127.0.0.2", family: 4 },
  ];
  const out = connector(["127.0.0.2/32"], () => Promise.resolve(answer));
  // nobody listens there
  expect(await connect(out, port, "mixed.example")).toBe("ECONNREFUSED");
  expect(connections).toBe(0);
});

test("a refusal does not tell what a name stands for", async () => {
  const out = connector([], () => Promise.resolve([{ address: "10.11.12.13", family: 4 }]));
  await expect(out.check("inside.example", 80)).rejects.toThrow(/^inside\.example, port 80, is not an address/);
});
