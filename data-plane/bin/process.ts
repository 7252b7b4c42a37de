import { followConnection } from "@o2mc/runtime/connection-state.ts";
import { serveHealth } from "@o2mc/runtime/health-server.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { connectWithCreds } from "@o2mc/runtime/nats.ts";
import { onShutdown } from "@o2mc/runtime/shutdown.ts";
import { type Tenant, watchTenants } from "../config/tenants.ts";
import { processEnv } from "../process/env.ts";
import { geoipOf } from "../process/open-geoip.ts";
import { TenantProcessor } from "../process/worker/tenant-processor.ts";

const INBOX_PREFIX = "_INBOX_process";

const env = processEnv(process.env);
const log = createLogger("process", env.logLevel);
const geoip = await geoipOf(env.geoipFile, log);
const tenants = new Map<Tenant, TenantProcessor>();
let hub: { readonly connected: boolean } = { connected: false };

const health = await serveHealth(env.http.host, env.http.port, {
  ready: () => hub.connected,
  metrics: () => ({
    tenants: Object.fromEntries(Array.from(tenants, ([{ id }, processor]) => [id, { partitions: processor.status() }])),
  }),
});

const platform = await connectWithCreds({ ...env.nats, name: "o2mc-process", inboxPrefix: INBOX_PREFIX });
hub = followConnection(platform);

const directory = watchTenants({
  nats: platform,
  role: "process",
  url: env.nats.url,
  log,
  onTenant: (tenant) => {
    const child = log.child({ tenant: tenant.id });
    tenants.set(tenant, new TenantProcessor({ nats: tenant.nats, inboxPrefix: INBOX_PREFIX, geoip, log: child }));
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
  await platform.close();
  health.close();
});

log.info({ port: health.port }, "process is running");
