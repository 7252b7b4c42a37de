import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@o2mc/runtime/log.ts";
import { SealedReader } from "@o2mc/runtime/sealed.ts";
import type { DestinationConfig } from "@o2mc/schema/deployment/deployment.ts";
import type { DestinationProblem } from "@o2mc/schema/destinations/destination-problem.ts";
import { createCurve } from "@nats-io/nkeys";
import { BUCKETS } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TenantDeliveries } from "./tenant.ts";
import { testDestination } from "./test-destination.ts";
import { testDeployment } from "./testkit/deployment.ts";
import { eventually } from "./testkit/eventually.ts";
import { outgoingTo } from "./testkit/outgoing.ts";
import { MESSAGE_KEY, TENANT, TenantHub } from "./testkit/tenant-hub.ts";

const NAMES = ["fine", "closed", "sealed", "late"];
const OUTPUT = { name: "o", perSubject: true, columns: [] };
const root = mkdtempSync(join(tmpdir(), "o2mc-problems-"));
const outgoing = outgoingTo({ roots: [join(root, "open")] });
let hub: TenantHub;

const folder = (directory: string): DestinationConfig["options"] => ({ file: { directory, format: "jsonl" } });
const OPTIONS: Readonly<Record<string, DestinationConfig["options"]>> = {
  fine: folder(join(root, "open", "fine")),
  closed: folder(join(root, "closed")),
  sealed: folder(join(root, "open", "sealed")),
  late: {
    postgres: { host: "127.0.0.1", port: 1, database: "d", user: "u", password: "hunter2", table: "t", tls: false },
  },
};
const config = (id: string, options = OPTIONS[id] ?? {}): DestinationConfig => ({ id, name: id, options, revision: 1 });

beforeAll(async () => {
  hub = await TenantHub.start();
  for (const name of NAMES) await hub.addDelivery(`to-${name}`, OUTPUT.name);
});

afterAll(async () => {
  await hub?.stop();
  rmSync(root, { recursive: true, force: true });
});

async function problem(name: string): Promise<Partial<DestinationProblem>> {
  const entry = await (await hub.bucket(BUCKETS.destinationProblems)).get(name);
  if (entry === null || entry.operation !== "PUT") return { message: entry?.operation ?? "none" };
  const { code, message } = entry.json<DestinationProblem>();
  return { code, message };
}

test("where a delivery cannot begin is told in the words of a test, until it can, or is gone", async () => {
  const connection = await hub.connectDeliver();
  const deliveries = new TenantDeliveries({
    tenant: TENANT,
    sealed: new SealedReader([readFileSync(hub.sealSeedFile, "utf8")]),
    messageKey: () => MESSAGE_KEY,
    connection,
    windowSeconds: 600,
    backOff: { firstMs: 20, capMs: 50, attempts: 3 },
    outgoing,
    log: createLogger("test", "silent"),
  });
  for (const name of NAMES) {
    const recipient = name === "sealed" ? { recipient: createCurve().getPublicKey() } : {};
    await hub.putDestination(config(name), recipient);
  }
  deliveries.deploy(testDeployment(OUTPUT, NAMES));
  for (const name of ["closed", "late"]) {
    const { code, message } = await testDestination(OPTIONS[name], outgoing);
    await eventually(() => problem(name), { code, message });
  }
  expect((await problem("closed")).code).toBe("folder-refused");
  expect(await problem("late")).toEqual({
    code: "refused",
    message: "Nothing accepts connections at 127.0.0.1, port 1.",
  });
  await eventually(async () => (await problem("sealed")).code, "bad-options");
  await eventually(() => problem("fine"), { message: "DEL" });

  // somebody puts it right
  const server = createServer((_, response) => void response.writeHead(204).end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await hub.putDestination(config("late", { webhook: { url, secret: `whsec_${"a".repeat(32)}` } }));
  await eventually(() => problem("late"), { message: "DEL" });
  // and another is given up
  const { deliveries: all, ...rest } = testDeployment(OUTPUT, NAMES);
  deliveries.deploy({ ...rest, deliveries: all.filter(({ destination }) => destination !== "closed") });
  await eventually(() => problem("closed"), { message: "DEL" });

  // the end of the process is not the end of a problem
  await deliveries.stop();
  await connection.close();
  server.close();
  expect((await problem("sealed")).code).toBe("bad-options");
});
