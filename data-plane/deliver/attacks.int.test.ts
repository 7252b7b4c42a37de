import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { webhook } from "@o2mc/schema/destinations/webhook.ts";
import { secretsOf } from "@o2mc/schema/options/secrets-of.ts";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Batch, type DestinationKind, NotConnected, Partial, Permanent, RetryAfter } from "./destination.ts";
import { fileKind } from "./file/factory.ts";
import { keepSecrets } from "./keep-secrets.ts";
import { postgresKind } from "./postgres/factory.ts";
import { OUTPUT, START } from "./testkit/conformance.ts";
import { outgoingTo } from "./testkit/outgoing.ts";
import { webhookKind } from "./webhook/factory.ts";

/** The attacks that a destination's options can carry, each on a real server that must hear nothing of it. */

const SECRET = `whsec_${Buffer.from("a secret of twenty-four bytes").toString("base64")}`;
const PASSWORD = 'corr"ect horse/battery+staple';
const BATCH: Batch = { id: "m", first: 1, last: 1, rows: [{ id: "r1", values: ["/a", 1.5, 2, false, START] }] };

const calls: string[] = [];
let redirectTo = "";
const victim = createHttpServer((request, response) => {
  calls.push(request.url ?? "");
  const redirect = request.url === "/redirect";
  response.writeHead(redirect ? 307 : 204, redirect ? { location: redirectTo } : {}).end();
});
let port: number;

beforeAll(async () => {
  victim.listen(0, "127.0.0.1");
  await once(victim, "listening");
  port = (victim.address() as AddressInfo).port;
});
afterAll(() => victim.close());
beforeEach(() => (calls.length = 0));

const open = (kind: DestinationKind, options: object, outgoing = outgoingTo({ allow: [] })) =>
  kind.open(options, { delivery: "d1", output: OUTPUT, outgoing }).destination;
const hook = (url: string, outgoing?: ReturnType<typeof outgoingTo>) =>
  open(webhookKind, { url, secret: SECRET }, outgoing);
const ERASURE = { id: "e1", erasureKey: "k" };
const failure = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(() => "it succeeded").catch((e: unknown) => e);

test.each([
  "http://169.254.169.254/latest/meta-data/",
  "http://[fd00:ec2::254]/latest/meta-data/",
  "http://[::1]:PORT/",
  "http://[::ffff:127.0.0.1]:PORT/",
  "http://[::ffff:7f00:1]:PORT/",
  "http://[64:ff9b::7f00:1]:PORT/",
  "http://[2002:7f00:1::]:PORT/",
  "http://[::]:PORT/",
  "http://127.0.0.1:PORT/",
  "http://127.1:PORT/",
  "http://0177.0.0.1:PORT/",
  "http://0x7f000001:PORT/",
  "http://2130706433:PORT/",
  "http://127。0。0。1:PORT/",
  "http://①27.0.0.1:PORT/",
  "http://localhost:PORT/",
  "http://localhost.:PORT/",
  "http://LocalHost:PORT/",
  "http://0:PORT/",
  "http://0.0.0.0:PORT/",
])("SSRF: a webhook at %s is refused for good, connected or written", async (address) => {
  const destination = hook(address.replace("PORT", String(port)));
  for (const error of [await failure(destination.connect()), await failure(destination.write(BATCH))]) {
    // not every resolver knows the name with a dot
    if (address.includes("localhost.") && error instanceof NotConnected) continue;
    expect(error).toBeInstanceOf(Permanent);
    expect(error).toMatchObject({ code: "outgoing.address-refused" });
  }
  expect(calls).toEqual([]);
});

test.each([
  "file:///etc/passwd",
  "gopher://127.0.0.1/",
  "ftp://127.0.0.1/",
  "http://trusted@127.0.0.1/",
  "http://u:p@x/",
])("SSRF: %s is no webhook's address", (url) => expect(() => hook(url)).toThrow("webhook.url must be"));

test("SSRF by redirect: it is not followed, be it to an allowed address", async () => {
  redirectTo = `http://127.0.0.1:${port}/inside`;
  await expect(hook(`http://127.0.0.1:${port}/redirect`, outgoingTo()).write(BATCH)).rejects.toThrow("not followed");
  expect(calls).toEqual(["/redirect"]);
});

test("SSRF by DNS rebinding: a name that changes between check and call reaches nobody", async () => {
  // good when it is checked, the victim ever after
  let asked = 0;
  const resolve = () => Promise.resolve([{ address: asked++ === 0 ? "127.0.0.2" : "127.0.0.1", family: 4 }]);
  const destination = hook(`http://rebinds.example:${port}/`, outgoingTo({ allow: ["127.0.0.2/32"], resolve }));
  await destination.connect();
  expect(await failure(destination.write(BATCH))).toMatchObject({ code: "outgoing.address-refused" });
  expect(calls).toEqual([]);
});

test.each(["127.0.0.1", "localhost", "0x7f000001", "::1", "169.254.169.254"])(
  "SSRF: a PostgreSQL at %s is refused for good",
  async (host) => {
    const destination = open(postgresKind, { host, port, database: "d", user: "u", password: "p", table: "t" });
    const error = await failure(destination.connect());
    // not every resolver knows numbers in other bases
    const codes = ["outgoing.address-refused", ...(host.startsWith("0x") ? ["postgres.unreachable"] : [])];
    expect(codes).toContain((error as Permanent).code);
    await destination.close();
    expect(calls).toEqual([]);
  },
);

test.each(["/var/run/postgresql", "http://x", "user@x", "x:5432", "fe80::1%lo", "a b"])(
  "SSRF: %s is no PostgreSQL's host",
  (host) => {
    const options = { host, port, database: "d", user: "u", password: "p", table: "t" };
    expect(() => open(postgresKind, options)).toThrow("postgres.host must be");
  },
);

test("a file outside of the operator's folders is refused for good", async () => {
  const destination = open(
    fileKind,
    { directory: "/etc/cron.d", format: "jsonl" },
    outgoingTo({ roots: ["/srv/o2mc"] }),
  );
  expect(await failure(destination.connect())).toMatchObject({ name: "Permanent", code: "outgoing.folder-refused" });
});

test("secret in an error: a server that repeats the password in everything it says", async () => {
  const { server, at } = await talkativePostgres();
  const options = { host: "127.0.0.1", port: at, database: "d", user: "u", password: PASSWORD, table: "t", tls: false };
  const destination = keepSecrets(open(postgresKind, options, outgoingTo()), [PASSWORD]);
  const error = await failure(destination.connect());
  server.close();
  expect(error).toBeInstanceOf(NotConnected);
  expectNoSecret(error, PASSWORD);
  expect(inspect(error)).toContain("the password [secret] is not");
});

test("memory bomb: a PostgreSQL whose answer has no end is cut off", async () => {
  let taken = 0;
  const piece = Buffer.alloc(1 << 20);
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    const more = (): void => {
      taken = socket.bytesWritten;
      while (socket.writable && socket.write(piece));
    };
    socket.on("drain", more);
    socket.once("data", () => {
      // a notice of 2 GB
      socket.write(Buffer.from([0x4e, 0x7f, 0xff, 0xff, 0xf0]));
      more();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: at } = server.address() as AddressInfo;
  const options = { host: "127.0.0.1", port: at, database: "d", user: "u", password: "p", table: "t", tls: false };
  expect(await failure(open(postgresKind, options, outgoingTo()).connect())).toBeInstanceOf(NotConnected);
  server.close();
  expect(taken).toBeGreaterThan(8 << 20);
  expect(taken).toBeLessThan(512 << 20);
});

test("stolen password: an empty one is not filled up with what this process or its user has of others", async () => {
  const { server, at, passwords } = await talkativePostgres();
  vi.stubEnv("PGPASSWORD", "the operator's own");
  const options = { host: "127.0.0.1", port: at, database: "d", user: "u", password: "", table: "t", tls: false };
  await failure(open(postgresKind, options, outgoingTo()).connect());
  vi.unstubAllEnvs();
  const folder = mkdtempSync(join(tmpdir(), "o2mc-pgpass-"));
  writeFileSync(join(folder, "pgpass"), "*:*:*:*:the operator's own\n", { mode: 0o600 });
  vi.stubEnv("PGPASSFILE", join(folder, "pgpass"));
  await failure(open(postgresKind, options, outgoingTo()).connect());
  vi.unstubAllEnvs();
  server.close();
  expect(passwords).toEqual(["", ""]);
});

test("secret in an error: whatever a destination throws, none of its spellings comes through", async () => {
  const said = [
    PASSWORD,
    JSON.stringify(PASSWORD),
    encodeURIComponent(PASSWORD),
    Buffer.from(PASSWORD).toString("base64"),
  ]
    .map((text) => `it is ${text}`)
    .join(", ");
  const cause = Object.assign(new Error(said, { cause: new Error(said) }), { detail: said, query: said, code: said });
  const errors = [
    new NotConnected("x", said, cause),
    new Permanent("x", said, cause),
    new RetryAfter("x", 5, cause),
    new Partial(new Map([[0, { code: "x", message: said }]])),
    cause,
    new TypeError(said),
    said,
  ];
  for (const thrown of errors) {
    const broken = {
      connect: () => Promise.reject(thrown as Error),
      write: () => Promise.reject(thrown as Error),
      erase: () => Promise.reject(thrown as Error),
      close: () => Promise.reject(thrown as Error),
    };
    const destination = keepSecrets(broken, [PASSWORD]);
    for (const attempt of [
      destination.connect(),
      destination.write(BATCH),
      destination.erase(ERASURE),
      destination.close(),
    ]) {
      const error = await failure(attempt);
      expectNoSecret(error, PASSWORD);
      if (thrown instanceof Error && thrown.name !== "Error" && thrown.name !== "TypeError") {
        expect(error).toBeInstanceOf(thrown.constructor);
      }
    }
  }
});

test("secret in an error: a webhook that can't be reached", async () => {
  const secrets = secretsOf(webhook.options, { url: "https://x", secret: SECRET });
  expect(secrets).toEqual([SECRET]);
  const destination = keepSecrets(hook("http://127.0.0.1:1/", outgoingTo()), secrets);
  const error = await failure(destination.write(BATCH));
  expect(error).toBeInstanceOf(NotConnected);
  expectNoSecret(error, SECRET);
});

/** Neither as Node prints it, nor as our log does, nor in the failures of single rows. */
function expectNoSecret(error: unknown, secret: string): void {
  let logged = "";
  pino({ level: "trace" }, { write: (line) => (logged += line) }).warn({ err: error }, "failed");
  expect(logged).toContain("failed");
  const failures = error instanceof Partial ? JSON.stringify([...error.failures]) : "";
  const everything = `${inspect(error, { depth: 20, showHidden: true })}\n${logged}\n${failures}`;
  const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
  for (const form of [...forms, Buffer.from(secret).toString("base64")]) expect(everything).not.toContain(form);
}

/** Asks for the password in clear text and says it back in all fields of its refusal (PostgreSQL protocol 3.0, §55.7). */
async function talkativePostgres(): Promise<{ server: Server; at: number; passwords: readonly string[] }> {
  const passwords: string[] = [];
  const field = (kind: string, text: string): Buffer => Buffer.from(`${kind}${text}\0`);
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      socket.once("data", (message: Buffer) => {
        const password = message.subarray(5, -1).toString();
        passwords.push(password);
        const text = `the password ${password} is not the right one`;
        const fields = ["M", "D", "H", "W", "t"].map((kind) => field(kind, text));
        const body = Buffer.concat([field("S", "FATAL"), field("C", "28P01"), ...fields, Buffer.from([0])]);
        const head = Buffer.alloc(5);
        head.write("E");
        head.writeInt32BE(body.length + 4, 1);
        socket.end(Buffer.concat([head, body]));
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, at: (server.address() as AddressInfo).port, passwords };
}
