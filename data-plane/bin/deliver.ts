import { randomBytes } from "node:crypto";
import { followConnection } from "@o2mc/runtime/connection-state.ts";
import { serveHealth } from "@o2mc/runtime/health-server.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { outgoingOf } from "@o2mc/runtime/outgoing/outgoing.ts";
import { onShutdown } from "@o2mc/runtime/shutdown.ts";
import { connectWorker } from "../config/connect-worker.ts";
import { type Tenant, watchTenants } from "../config/tenants.ts";
import { DEFAULT_BACK_OFF } from "../deliver/back-off.ts";
import { deliverEnv } from "../deliver/env.ts";
import { TenantDeliveries } from "../deliver/tenant.ts";

const env = deliverEnv(process.env);
const log = createLogger("deliver", env.logLevel);
const tenants = new Map<Tenant, TenantDeliveries>();
/** until the control plane gives one: a letter may then come twice after a restart, and still nobody can tell its id */
const ownMessageKey = randomBytes(32).toString("base64url");
let hub: { readonly connected: boolean } = { connected: false };

const health = await serveHealth(env.http.host, env.http.port, {
  ready: () => hub.connected,
  metrics: () => ({
    tenants: Object.fromEntries(
      Array.from(tenants, ([{ id }, { counters }]) => [id, { deliveries: Object.fromEntries(counters) }]),
    ),
  }),
});

const worker = await connectWorker("deliver", env.nats, log);
hub = followConnection(worker.nats);

const directory = watchTenants({
  ...worker,
  role: "deliver",
  url: env.nats.url,
  log,
  onTenant: (tenant) => {
    const { resultWindowSeconds: windowSeconds } = env;
    tenants.set(
      tenant,
      new TenantDeliveries({
        tenant: tenant.id,
        connection: tenant.nats,
        sealed: env.sealed,
        messageKey: () => tenant.messageKey ?? ownMessageKey,
        windowSeconds,
        backOff: DEFAULT_BACK_OFF,
        outgoing: outgoingOf(env.outgoing, tenant.id),
        log: log.child({ tenant: tenant.id }),
      }),
    );
  },
  onDeployment: (tenant, deployment) => tenants.get(tenant)?.deploy(deployment),
  onUndeployed: (tenant, application) => tenants.get(tenant)?.undeploy(application),
  onGone: async (tenant) => {
    await tenants.get(tenant)?.stop();
    tenants.delete(tenant);
  },
});

onShutdown(log, async () => {
  await directory.stop();
  await worker.nats.close();
  health.close();
});

log.info({ port: health.port }, "deliver is running");
