import type { AddressInfo } from "node:net";
import { buildSnippet } from "@o2mc/sloc/build.ts";
import { serveHealth } from "@o2mc/runtime/health-server.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { onShutdown } from "@o2mc/runtime/shutdown.ts";
import { connectWorker } from "../config/connect-worker.ts";
import { watchTenants } from "../config/tenants.ts";
import { Counters } from "../edge/counters.ts";
import { edgeEnv } from "../edge/env.ts";
import { Registry } from "../edge/registry.ts";
import { createEdgeServer } from "../edge/server.ts";

const env = edgeEnv();
const log = createLogger("edge", env.logLevel);

const snippet = await buildSnippet().catch((error: unknown) => {
  log.error({ err: error }, "the snippet cannot be built");
  return undefined;
});
const worker = await connectWorker("edge", env.nats, log);
const counters = new Counters();
const registry = new Registry(counters, log);
const tenants = watchTenants({
  ...worker,
  role: "edge",
  url: env.nats.url,
  log,
  onTenant: (tenant) => registry.addTenant(tenant),
  onDeployment: (tenant, deployment) => registry.deploy(tenant, deployment),
  onUndeployed: (tenant, application) => registry.undeploy(tenant, application),
  onGone: (tenant) => registry.removeTenant(tenant),
});
const server = createEdgeServer({
  registry,
  counters,
  log,
  snippet,
  settled: () => tenants.settled,
  publicUrl: () => env.http.publicUrl ?? `http://${env.http.host}:${(server.address() as AddressInfo).port}`,
  bodyLimit: env.http.bodyLimit,
});
const { host, healthPort } = env.http;
const health =
  healthPort === undefined
    ? undefined
    : await serveHealth(host, healthPort, { ready: () => tenants.settled, metrics: () => counters });
server.listen(env.http.port, env.http.host, () => log.info({ address: server.address() }, "listening"));

onShutdown(log, async () => {
  // requests under way get their answers before the hub is left
  server.close();
  server.closeIdleConnections();
  await tenants.stop();
  server.closeAllConnections();
  await worker.nats.close();
  health?.close();
});
