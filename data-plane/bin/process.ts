import { followConnection } from "@o2mc/runtime/connection-state.ts";
import { serveHealth } from "@o2mc/runtime/health-server.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { onShutdown } from "@o2mc/runtime/shutdown.ts";
import { connectWorker } from "../config/connect-worker.ts";
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
  metrics: () => {
    const found: Record<string, { partitions: ReturnType<TenantProcessor["status"]> }> = {};
    // a tenant has a processor for each of its lanes
    for (const [{ id }, processor] of tenants) {
      found[id] = { partitions: { ...found[id]?.partitions, ...processor.status() } };
    }
    return { tenants: found };
  },
});

const worker = await connectWorker("process", env.nats, log);
hub = followConnection(worker.nats);

const directory = watchTenants({
  ...worker,
  role: "process",
  url: env.nats.url,
  log,
  onTenant: (tenant) => {
    const child = log.child({ tenant: tenant.id });
    const { nats, lane } = tenant;
    const own = lane === undefined ? {} : { application: lane.application, messageKey: lane.messageKey };
    tenants.set(tenant, new TenantProcessor({ nats, inboxPrefix: INBOX_PREFIX, geoip, log: child, ...own }));
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

log.info({ port: health.port }, "process is running");
