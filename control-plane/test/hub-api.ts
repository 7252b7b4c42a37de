import { createCurve } from "@nats-io/nkeys";
import { createLogger } from "@o2mc/runtime/log.ts";
import { startNatsOperator } from "../../e2e/testkit/nats-operator.ts";
import { SecretBox } from "../db/secret.ts";
import type { TenantConnection } from "../hub/connection.ts";
import { Hub } from "../hub/hub.ts";
import { tenantHub } from "../modules/result/tenant-hub.ts";
import { Dispatcher } from "../publish/dispatcher.ts";
import { ensureAccount } from "../publish/ensure-account.ts";
import { startApi, type TestApi } from "./api.ts";
import { dispatched } from "./dispatched.ts";
import { makeTenant, type Fixture } from "./fixture.ts";

export interface HubApi {
  readonly api: TestApi;
  /** "one", published, and the control plane's connection to its account */
  readonly tenant: Fixture;
  readonly connection: TenantConnection;
  stop(): Promise<void>;
}

/** The API over a real hub that has one tenant's deployment. */
export async function startHubApi(): Promise<HubApi> {
  const secrets = new SecretBox(Buffer.alloc(32, 7));
  const log = createLogger("test", "silent");
  // what has started is stopped when the rest fails
  await using started = new AsyncDisposableStack();
  const nats = await startNatsOperator();
  started.defer(() => nats.stop());
  const hub = await Hub.connect(nats);
  started.defer(() => hub.close());
  const api = await startApi({ hub: (orm, box) => tenantHub(orm, box, hub, log), tokenRecheckMs: 50 });
  started.defer(() => api.stop());
  const { orm, url: databaseUrl } = api.database;
  const dispatcher = new Dispatcher({ orm, secrets, hub, log, sealFor: createCurve().getPublicKey(), databaseUrl });
  dispatcher.start();
  started.defer(() => dispatcher.stop());
  const tenant = await makeTenant(api, "one");
  await dispatched(orm);
  const account = await ensureAccount(orm, secrets, "one");
  if (account === null) throw new Error("no tenant");
  const connection = await hub.tenant("one", account.seed);
  const all = started.move();
  return { api, tenant, connection, stop: () => all.disposeAsync() };
}
