import { join, resolve } from "node:path";
import { newRealm, parseRealm } from "../issuer/realm.ts";
import { addressesOf } from "./addresses.ts";
import type { Progress } from "./console.ts";
import type { StartContext } from "./context.ts";
import { keepPrivate, writePrivate, type DataFolder } from "./data-folder.ts";
import { demoApi } from "./demo/api.ts";
import { Journal } from "./demo/journal.ts";
import { PEOPLE, PROGRAMS } from "./demo/people.ts";
import { setUpDemo, type Demo } from "./demo/set-up.ts";
import { endpointsOf, summary } from "./endpoints.ts";
import { natsKeys } from "./nats/keys.ts";
import { rememberedPorts } from "./ports.ts";
import { untilTaken } from "./process/ready.ts";
import type { Supervisor } from "./process/supervisor.ts";
import { ownSecrets } from "./secrets.ts";
import { startControlPlane, startDataPlane, startIssuer, startShop } from "./start-planes.ts";
import { startNats, startPostgres } from "./start-servers.ts";
import { watchBundles } from "./watch-bundles.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");

export interface StartOptions {
  readonly data: DataFolder;
  readonly endpointsFile: string;
  readonly supervisor: Supervisor;
  readonly progress: Progress;
  readonly watch: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Brings everything up in its order and writes `endpoints.json`; resolves with the table for the user. */
export async function startPlatform(options: StartOptions): Promise<string> {
  const { progress, endpointsFile } = options;
  const context = await prepare(options);
  await Promise.all([
    progress.step("PostgreSQL", () => startPostgres(context)),
    progress.step("hub (nats-server)", () => startNats(context)),
    progress.step("issuer", () => startIssuer(context)),
  ]);
  await progress.step("control plane", () => startControlPlane(context));
  await Promise.all([
    progress.step("edge, process, deliver", () => startDataPlane(context)),
    progress.step("demo shop", () => startShop(context, endpointsFile)),
  ]);
  if (context.watch) watchBundles(context);
  const demo = await progress.step("demo application", () => makeDemo(context));
  const endpoints = endpointsOf(context, demo);
  writePrivate(endpointsFile, `${JSON.stringify(endpoints, null, 2)}\n`);
  return summary(endpoints, endpointsFile, context.logFolder);
}

async function prepare(options: StartOptions): Promise<StartContext> {
  const { data } = options;
  const ports = await rememberedPorts(data.file("ports.json"));
  const realmFile = join(data.folder("issuer"), "realm.json");
  const realm = parseRealm(keepPrivate(realmFile, () => JSON.stringify(newRealm(PEOPLE, PROGRAMS))));
  return {
    ...options,
    repository: REPOSITORY,
    logFolder: data.folder("logs"),
    ports,
    addresses: addressesOf(ports),
    secrets: ownSecrets(data),
    realm,
    realmFile,
    keys: await natsKeys(data),
  };
}

/** Resolves once the edge knows the demo's source. */
async function makeDemo({ data, addresses, ports, realm, secrets }: StartContext): Promise<Demo> {
  const api = demoApi(addresses.graphql, addresses.issuer, realm.users);
  const demo = await setUpDemo(api, new Journal(data.file("demo.json")), {
    shopOrigins: [addresses.shop, `http://localhost:${ports.shop}`],
    hookUrl: addresses.hooks,
    hookSecret: secrets.hook,
    warehouse: {
      host: "127.0.0.1",
      port: ports.postgres,
      database: "warehouse",
      user: "warehouse",
      password: secrets.warehouse,
    },
    outFolder: data.folder("out"),
  });
  // its owner may have revoked the grant, or deleted it, in an earlier life
  const found = await api.as("dev@demo.example", "SourceGranted", {
    id: demo.source,
  });
  const granted = (found["source"] as { granted: boolean } | null)?.granted === true;
  if (granted) await untilTaken(`${addresses.edge}/v1/sources/${demo.source}/events`, demo.writeKey);
  return demo;
}
