import { createLogger } from "@o2mc/runtime/log.ts";
import { onShutdown } from "@o2mc/runtime/shutdown.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { BUCKETS } from "@o2mc/schema/subjects.ts";
import { connect } from "@nats-io/transport-node";
import { watchBucket } from "@o2mc/runtime/watch-bucket.ts";
import { TenantProcessor } from "../worker/tenant-processor.ts";

/** A worker process for one account without credentials: everything of `bin/process.ts` but the directory. */
const log = createLogger("worker", "info");
const nats = await connect({ servers: process.argv[2] ?? "", maxReconnectAttempts: -1, reconnectTimeWait: 100 });
const processor = new TenantProcessor({ nats, inboxPrefix: "_INBOX_process", geoip: () => undefined, log });
watchBucket(
  nats,
  BUCKETS.deployments,
  {
    put: (_, value) => void processor.deploy(JSON.parse(Buffer.from(value).toString()) as Deployment),
    gone: (application) => void processor.undeploy(application),
    complete: () => undefined,
    stale: () => undefined,
  },
  log,
);
onShutdown(log, async () => {
  await processor.stop();
  await nats.close();
});
