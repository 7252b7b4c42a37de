import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessToken, ask, graphql } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { logHit, postEvents } from "../../testkit/ingest.ts";
import { ownSource, type OwnSource } from "../../testkit/own-source.ts";
import type { Platform } from "../../testkit/platform.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";
import { filesWith } from "./files-with.ts";

/**
 * The attacks that a developer makes with a destination of theirs, on the platform as it runs: it has opened 127.0.0.1 for
 * the scenarios' own receivers, its own services' ports and all else that is private are closed. DNS rebinding, for which
 * the answers must be one's own, is attacked beside the code, in `data-plane/deliver`.
 */

const mark = randomBytes(8).toString("hex");
const SECRETS = {
  signing: `whsec_${Buffer.from(`signing secret ${mark}`).toString("base64")}`,
  password: `pass "word" ${mark}`,
};

interface DeliveryState {
  readonly state: string;
  readonly error: string | null;
  readonly rowsDead: number;
}

let platform: Platform;
let developer: string;
let source: OwnSource;
const open: (Server | HttpServer)[] = [];
const made: { destination: string; delivery: string }[] = [];
/** whom no destination may reach */
const heard: string[] = [];

beforeAll(async () => {
  platform = await sharedPlatform();
  developer = await accessToken(platform.endpoints, "dev@demo.example");
  source = await ownSource(platform.endpoints, `destinations ${mark}`, ["analytics", "operations"]);
});

afterAll(async () => {
  for (const { destination, delivery } of made) {
    await ask(platform.endpoints, developer, "mutation ($id: ID!) { deleteDelivery(delivery: $id) }", { id: delivery });
    await ask(platform.endpoints, developer, "mutation ($id: ID!) { deleteDestination(destination: $id) }", {
      id: destination,
    });
  }
  for (const server of open) server.close();
});

const CREATE = `mutation ($name: String!, $options: DestinationOptionsInput!) {
  createDestination(name: $name, options: $options) { id } }`;

const webhook = (url: string): object => ({ webhook: { url, secret: SECRETS.signing } });
const postgres = (host: string, port: number): object => ({
  postgres: { host, port, database: "d", user: "u", password: SECRETS.password, table: "t", tls: false },
});

test("SSRF: addresses of the machine, its network and the clouds are refused when the destination is made", async () => {
  const ports = JSON.parse(readFileSync(join(platform.dataDir, "ports.json"), "utf8")) as Record<string, number>;
  const special =
    "169.254.169.254 [fd00:ec2::254] [::1] [::ffff:127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] [fe80::1]";
  const numbers = "10.0.0.1 192.168.1.1 100.100.100.200 0.0.0.0 0 0x7f000002 127.2";
  // closed, though the machine itself is open
  const own = ["nats", "control-plane", "issuer", "edge", "process", "deliver"].map(
    (name) => `127.0.0.1:${ports[name]}`,
  );
  const hosts = [...special.split(" "), ...numbers.split(" "), ...own, `localhost:${ports["nats"]}`];
  const attempts = hosts.map((host) => webhook(`http://${host}/`));
  attempts.push(postgres("::1", 5432), postgres("127.0.0.2", 5432), postgres("127.0.0.1", ports["nats"] ?? 0));
  attempts.push({ file: { directory: "/etc/cron.d", format: "JSONL" } });
  attempts.push({ file: { directory: `${platform.endpoints.out}/../../../../../../etc`, format: "JSONL" } });
  for (const options of attempts) {
    const { errors } = await graphql(platform.endpoints, developer, CREATE, { name: `ssrf ${mark}`, options });
    expect([JSON.stringify(options), errors?.[0]?.extensions?.code]).toEqual([
      JSON.stringify(options),
      "DESTINATION_REFUSED",
    ]);
  }
});

test("SSRF: what gets by the API is refused by deliver, on the address that it would connect to", async () => {
  const port = await listen(
    createServer((socket) => heard.push(String(socket.localAddress)) && socket.destroy()),
    "0.0.0.0",
  );
  // no literal address to the API, and 127.0.0.2 to the resolver
  const delivery = await deliver(postgres("0x7f000002", port));
  await eventually(() => stateOf(delivery), "misconfigured outgoing.address-refused", 30_000, 0);
  expect(heard).toEqual([]);
});

test("SSRF by redirect: the receiver sends deliver on to a service inside, which hears nothing", async () => {
  const inside = await receiver((request, response) => {
    heard.push(request.url ?? "");
    response.end();
  });
  let asked = 0;
  const port = await receiver((_request, response) => {
    asked++;
    response.writeHead(307, { location: `http://127.0.0.1:${inside}/latest/meta-data/` }).end();
  });
  const delivery = await deliver(webhook(`http://127.0.0.1:${port}/hook`));
  await send();
  // asked again, and not elsewhere
  await eventually(() => asked > 1, true, 30_000, 0);
  expect(await stateOf(delivery)).toBe("retrying deliver.unknown-error");
  expect(heard).toEqual([]);
});

test("secret in error or log: destinations that fail in every way leave it in no log, answer or dead letter", async () => {
  const talkative = await listen(talkativePostgres(), "127.0.0.1");
  const refusing = await receiver((request, response) => {
    response.writeHead(400, { "x-signature": String(request.headers["webhook-signature"]) });
    response.end(SECRETS.signing);
  });
  const deliveries = {
    talkative: await deliver(postgres("127.0.0.1", talkative)),
    wrong: await deliver({
      postgres: { ...platform.endpoints.warehouse, password: SECRETS.password, table: `t_${mark}`, tls: false },
    }),
    nobody: await deliver(webhook("http://127.0.0.1:1/")),
    refusing: await deliver(webhook(`http://127.0.0.1:${refusing}/`)),
  };
  await send();
  await eventually(() => stateOf(deliveries.talkative), "retrying postgres.28P01", 30_000, 0);
  await eventually(() => stateOf(deliveries.wrong), "retrying postgres.28P01", 30_000, 0);
  await eventually(() => stateOf(deliveries.nobody), "retrying webhook.unreachable", 30_000, 0);
  await eventually(async () => ((await metrics())[deliveries.refusing]?.rowsDead ?? 0) > 0, true, 30_000, 0);
  // what was given to the API in a wrong way may not come back in its answer either
  const wrong = await graphql(platform.endpoints, developer, CREATE, {
    name: "x",
    options: { postgres: { host: "a b", database: "d", user: "u", password: SECRETS.password, table: "t" } },
  });
  // and in a shape that GraphQL itself refuses, which likes to quote values
  const misshapen = await graphql(platform.endpoints, developer, CREATE, {
    name: "x",
    options: { webhook: { url: "https://x.example", secret: [SECRETS.signing] } },
  });
  const literal = `mutation { createDestination(name: "x", options: { webhook: { url: "https://x.example", secret:
    { a: ${JSON.stringify(SECRETS.signing)} } } }) { id } }`;
  const misspelt = await graphql(platform.endpoints, developer, literal);
  const everyRole = `{ destinations(first: 50) { edges { node { name kind options } } } }`;
  const letters = `query ($a: ID!) { deadLetters(application: $a) { code message row } }`;
  const owner = await accessToken(platform.endpoints, "owner@demo.example");
  const texts = {
    logs: logs(),
    metrics: JSON.stringify(await metrics()),
    wrong: JSON.stringify(wrong),
    misshapen: JSON.stringify(misshapen),
    misspelt: JSON.stringify(misspelt),
    destinations: JSON.stringify(await graphql(platform.endpoints, developer, everyRole)),
    letters: JSON.stringify(
      await graphql(platform.endpoints, owner, letters, { a: platform.endpoints.demo.application }),
    ),
    audit: JSON.stringify(
      await graphql(
        platform.endpoints,
        owner,
        `
          {
            auditLog(first: 100) {
              edges {
                node {
                  action
                  details
                }
              }
            }
          }
        `,
      ),
    ),
  };
  // each place was really looked at
  expect(texts.logs).toContain(deliveries.talkative);
  expect(texts.letters).toContain("webhook.400");
  expect(texts.destinations).toContain(`to ${mark}`);
  expect(texts.audit).toContain("destination.created");
  expect(texts.wrong).toContain("INVALID_INPUT");
  expect([texts.misshapen, texts.misspelt].join()).toMatch(/QUERY_INVALID.*QUERY_INVALID/s);
  for (const [place, text] of Object.entries(texts)) {
    for (const secret of Object.values(SECRETS)) {
      const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
      forms.push(Buffer.from(secret).toString("base64"), secret.replace("whsec_", ""));
      // a log of JSON in JSON
      forms.push(JSON.stringify(JSON.stringify(secret)).slice(3, -3));
      expect([place, forms.filter((form) => text.includes(form))]).toEqual([place, []]);
    }
  }
  // nor does whoever takes the hub's disk find it
  const disk = join(platform.dataDir, "nats");
  expect(filesWith(disk, deliveries.talkative)).not.toEqual([]);
  for (const secret of [SECRETS.signing, JSON.stringify(SECRETS.password).slice(1, -1)]) {
    expect(filesWith(disk, secret)).toEqual([]);
  }
});

/** A destination with these options, at the demo's live pipeline; the delivery's id. */
async function deliver(options: object): Promise<string> {
  const { endpoints } = platform;
  const pipeline = endpoints.demo.pipelines["live"];
  const name = `to ${mark} ${made.length}`;
  const { createDestination } = await ask<{ createDestination: { id: string } }>(endpoints, developer, CREATE, {
    name,
    options,
  });
  const { createDelivery } = await ask<{ createDelivery: { id: string } }>(
    endpoints,
    developer,
    `mutation ($pipeline: ID!, $destination: ID!) {
      createDelivery(pipeline: $pipeline, output: "events", destination: $destination) { id } }`,
    { pipeline, destination: createDestination.id },
  );
  made.push({ destination: createDestination.id, delivery: createDelivery.id });
  const officer = await accessToken(endpoints, "officer@demo.example");
  await ask(endpoints, officer, "mutation ($id: ID!) { approvePipeline(pipeline: $id) { id } }", { id: pipeline });
  await eventually(async () => Object.hasOwn(await metrics(), createDelivery.id), true, 20_000, 0);
  return createDelivery.id;
}

async function send(): Promise<void> {
  const { endpoints } = platform;
  const events = [logHit(`${mark}-${randomBytes(4).toString("hex")}`)];
  const { status, body } = await postEvents(endpoints, source.id, source.writeKey, JSON.stringify(events));
  expect([status, body["accepted"]]).toEqual([202, 1]);
}

async function metrics(): Promise<Readonly<Record<string, DeliveryState>>> {
  const ports = JSON.parse(readFileSync(join(platform.dataDir, "ports.json"), "utf8")) as { readonly deliver: number };
  const response = await fetch(`http://127.0.0.1:${ports.deliver}/metrics`);
  const { tenants } = (await response.json()) as {
    tenants: Record<string, { deliveries: Record<string, DeliveryState> }>;
  };
  return tenants[platform.endpoints.demo.tenant]?.deliveries ?? {};
}

async function stateOf(delivery: string): Promise<string> {
  const { state, error } = (await metrics())[delivery] ?? {};
  return `${state} ${error}`;
}

function logs(): string {
  const folder = join(platform.dataDir, "logs");
  const files = [...readdirSync(folder).map((name) => join(folder, name)), join(platform.dataDir, "../launcher.log")];
  return files.map((file) => (existsSync(file) ? readFileSync(file, "utf8") : "")).join("\n");
}

async function listen(server: Server | HttpServer, host: string): Promise<number> {
  open.push(server);
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const receiver = (answer: RequestListener): Promise<number> =>
  listen(
    createHttpServer((request, response) => {
      request.resume();
      answer(request, response);
    }),
    "127.0.0.1",
  );

/** Asks for the password in clear text and says it back in its refusal (PostgreSQL protocol 3.0, §55.7). */
function talkativePostgres(): Server {
  return createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      socket.once("data", (message: Buffer) => {
        const text = `the password ${message.subarray(5, -1).toString()} is not the right one`;
        const body = Buffer.from(`SFATAL\0C28P01\0M${text}\0D${text}\0H${text}\0W${text}\0\0`);
        const head = Buffer.alloc(5);
        head.write("E");
        head.writeInt32BE(body.length + 4, 1);
        socket.end(Buffer.concat([head, body]));
      });
    });
  });
}
