import { createServer } from "node:http";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createCurve } from "@nats-io/nkeys";
import { SealedReader } from "@o2mc/runtime/sealed.ts";
import type { DestinationConfig } from "@o2mc/schema/deployment/deployment.ts";
import { BUCKETS } from "@o2mc/schema/subjects.ts";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_BACK_OFF } from "./back-off.ts";
import { TenantDeliveries } from "./tenant.ts";
import { testDeployment } from "./testkit/deployment.ts";
import { eventually } from "./testkit/eventually.ts";
import { outgoingTo } from "./testkit/outgoing.ts";
import { MESSAGE_KEY, TENANT, TenantHub } from "./testkit/tenant-hub.ts";

const SECRET = `whsec_${Buffer.from("a secret of twenty-four bytes").toString("base64")}`;
const NAMES = ["fine", "strange", "moved", "foreign", "plain"];
const OUTPUT = { name: "o", perSubject: true, columns: [] };
const called = new Set<string>();
const server = createServer((request, response) => {
  called.add(request.url ?? "");
  request.resume();
  response.writeHead(204).end();
});

let hub: TenantHub;
let url: string;
const stranger = createCurve();

const config = (id: string): DestinationConfig => ({
  id,
  name: id,
  options: { webhook: { url: `${url}/${id}`, secret: SECRET } },
  revision: 1,
});

beforeAll(async () => {
  hub = await TenantHub.start();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const name of NAMES) await hub.addDelivery(`to-${name}`, OUTPUT.name);
});

afterAll(async () => {
  await hub?.stop();
  server.close();
});

async function run(seeds: readonly string[]) {
  const lines: string[] = [];
  const connection = await hub.connectDeliver();
  const deliveries = new TenantDeliveries({
    tenant: TENANT,
    sealed: new SealedReader(seeds),
    messageKey: () => MESSAGE_KEY,
    connection,
    windowSeconds: 600,
    backOff: DEFAULT_BACK_OFF,
    outgoing: outgoingTo(),
    log: pino({ level: "trace" }, { write: (line: string) => void lines.push(line) }),
  });
  deliveries.deploy(testDeployment(OUTPUT, NAMES));
  const state = (name: string): string => {
    const { state: is, error } = deliveries.counters.get(`to-${name}`) ?? {};
    return `${is} ${error}`;
  };
  const stop = async (): Promise<void> => {
    await deliveries.stop();
    await connection.close();
  };
  return { state, lines, stop };
}

const seed = (): string => readFileSync(hub.sealSeedFile, "utf8");
const strangeSeed = (): string => new TextDecoder().decode(stranger.getSeed());

test("what is sealed for another key, another place or not at all is misconfigured; the log says why and quotes no secret", async () => {
  await hub.putDestination(config("fine"));
  await hub.putDestination(config("strange"), { recipient: stranger.getPublicKey() });
  await hub.putDestination(config("elsewhere"), { key: "moved" });
  await hub.putDestination(config("foreign"), { tenant: "other" });
  await (await hub.bucket(BUCKETS.destinations)).put("plain", JSON.stringify(config("plain")));
  const { state, lines, stop } = await run([seed()]);
  await eventually(() => state("fine"), "up null");
  for (const name of NAMES.slice(1)) {
    await eventually(() => [name, state(name)].join(), `${name},misconfigured deliver.sealed-options`);
  }
  const log = lines.join("");
  expect(log).toContain(`it was sealed for the key ${stranger.getPublicKey()}, whose seed is not here`);
  expect(log).toContain("it was sealed for another place");
  for (const secret of [SECRET, SECRET.slice(6), url, seed()]) expect(log).not.toContain(secret);
  expect(JSON.stringify(NAMES.map(state))).not.toContain(SECRET);
  await stop();
});

test("a changed key pair: with both seeds old and new destinations run, and a new sealing takes effect at once", async () => {
  const { state, stop } = await run([strangeSeed(), seed()]);
  await eventually(() => state("fine"), "up null");
  await eventually(() => state("strange"), "up null");
  await hub.putDestination(config("fine"), { recipient: createCurve().getPublicKey() });
  await eventually(() => state("fine"), "misconfigured deliver.sealed-options");
  await hub.putDestination(config("fine"), { recipient: stranger.getPublicKey() });
  await eventually(() => state("fine"), "up null");
  await stop();
});
