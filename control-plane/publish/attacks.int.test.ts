import { createCurve } from "@nats-io/nkeys";
import type { NatsConnection } from "@nats-io/transport-node";
import { SealedReader } from "@o2mc/runtime/sealed.ts";
import type { DestinationConfig, SealedDestination } from "@o2mc/schema/deployment/deployment.ts";
import { DESTINATIONS } from "@o2mc/schema/destinations/destinations.ts";
import type { OptionSpecs } from "@o2mc/schema/options/option.ts";
import { secretsOf } from "@o2mc/schema/options/secrets-of.ts";
import { bucketStream, BUCKETS } from "@o2mc/schema/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsOperator, type NatsOperator } from "../../e2e/testkit/nats-operator.ts";
import { filesWith } from "../../e2e/scenarios/attacks/files-with.ts";
import { newTenantAccount } from "../hub/accounts.ts";
import type { TenantConnection } from "../hub/connection.ts";
import { Hub } from "../hub/hub.ts";
import { deleteDestination, putDestination } from "./put-destination.ts";

/** Whoever has the hub's disk, or every right in a tenant's account, looks for the secrets of its destinations. */

const tenant = "acme";
const account = newTenantAccount();
const deliver = createCurve();
const recipient = deliver.getPublicKey();
const reader = new SealedReader([new TextDecoder().decode(deliver.getSeed())]);
const PUBLIC = "a table that is no secret";

let server: NatsOperator;
let hub: Hub;
let connection: TenantConnection;

beforeAll(async () => {
  server = await startNatsOperator();
  hub = await Hub.connect(server);
  connection = await hub.ensureTenant(tenant, account);
});

afterAll(async () => {
  await hub?.close();
  await server?.stop();
});

const revisionOf = async (id: string): Promise<number | undefined> => (await connection.destinations.get(id))?.revision;

test("stolen hub: no secret of any kind of destination is in a stream, a republished message or a file", async () => {
  const heard: string[] = [];
  watch(connection.nc, heard);
  await connection.nc.flush();
  const configs = DESTINATIONS.map(({ kind, options }, i): DestinationConfig => {
    return { id: `d${i}`, name: kind, options: { [kind]: marked(options, kind) }, revision: 1 };
  });
  const secrets = DESTINATIONS.flatMap(({ kind, options }, i) => secretsOf(options, configs[i]?.options[kind]));
  expect(secrets.length).toBeGreaterThanOrEqual(2);
  for (const config of configs) await putDestination(connection, config, { tenant, account, recipient });
  // where the search would find it, were it in the clear
  await connection.deployments.put("searched", PUBLIC);
  await connection.nc.flush();
  const stored = await dump(connection);
  for (const place of [heard.join("\n"), stored.join("\n")]) {
    expect(place).toContain(PUBLIC);
    expect(place).toContain(recipient);
    expect(secrets.flatMap(spellings).filter((text) => place.includes(text))).toEqual([]);
  }
  expect(filesWith(server.directory, PUBLIC)).not.toEqual([]);
  for (const text of secrets.flatMap(spellings)) expect(filesWith(server.directory, text)).toEqual([]);
  // and deliver has them all
  for (const config of configs) {
    const value = await connection.destinations.get(config.id);
    const sealed = value?.json<SealedDestination>() ?? expect.fail("it is not there");
    expect(JSON.parse(reader.open(sealed, [tenant, BUCKETS.destinations, config.id]))).toEqual(config);
  }
});

test("guessed password: what is stored tells nobody that a guess is right, and is not written again while it is the same", async () => {
  const config: DestinationConfig = { id: "guessed", name: "n", options: { webhook: { secret: "1234" } }, revision: 1 };
  const put = (to: string, over = {}): Promise<void> =>
    putDestination(connection, { ...config, ...over }, { tenant, account, recipient: to });
  await put(recipient);
  const first = await revisionOf("guessed");
  await put(recipient);
  expect(await revisionOf("guessed")).toBe(first);
  const digest = async (): Promise<string> =>
    (await connection.destinations.get("guessed"))?.json<SealedDestination>().digest ?? "";
  const before = await digest();
  const other = newTenantAccount();
  await putDestination(connection, config, { tenant, account: other, recipient });
  expect(await digest()).not.toBe(before);
  await put(recipient, { revision: 2 });
  const third = await revisionOf("guessed");
  // deliver's key pair was changed
  await put(createCurve().getPublicKey(), { revision: 2 });
  expect(await revisionOf("guessed")).toBeGreaterThan(third ?? Infinity);
  await deleteDestination(connection, "guessed");
  expect((await connection.destinations.get("guessed"))?.operation).not.toBe("PUT");
});

// what a version before has left: secrets in the clear
test("the bucket that held secrets in the clear goes, with its files", async () => {
  const name = bucketStream("destinations");
  await connection.jsm.streams.add({ name, subjects: ["$KV.destinations.>"] });
  await connection.nc.request("$KV.destinations.d", "an old secret in the clear");
  expect(filesWith(server.directory, "an old secret in the clear")).not.toEqual([]);
  await hub.ensureTenant(tenant, account);
  await expect(connection.jsm.streams.info(name)).rejects.toThrow(/not found/);
  expect(filesWith(server.directory, "an old secret in the clear")).toEqual([]);
});

function watch(nc: NatsConnection, heard: string[]): void {
  for (const subject of ["$KV.>", "kv.>", "live.>", "_INBOX.>"]) {
    nc.subscribe(subject, { callback: (_, message) => void heard.push(message.string()) });
  }
}

async function dump({ jsm }: TenantConnection): Promise<string[]> {
  const texts: string[] = [];
  for await (const { config, state } of jsm.streams.list()) {
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await jsm.streams.getMessage(config.name, { seq }).catch(() => null);
      if (message !== null) texts.push(message.string());
    }
  }
  return texts;
}

/** Every secret that a kind knows, at any depth; the rest is left out. */
function marked(specs: OptionSpecs, path: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(specs).flatMap(([name, spec]): [string, unknown][] => {
      if (spec.secret === true) return [[name, `secret "${path}.${name}"`]];
      return spec.kind === "object" ? [[name, marked(spec.options, `${path}.${name}`)]] : [];
    }),
  );
}

function spellings(secret: string): string[] {
  const inner = JSON.stringify(secret).slice(1, -1);
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), Buffer.from(inner)])
      .toString("base64")
      .slice(4, -4),
  );
  return [secret, inner, JSON.stringify(inner).slice(1, -1), Buffer.from(secret).toString("hex"), ...base64];
}
