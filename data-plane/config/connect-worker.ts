import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "@o2mc/runtime/log.ts";
import { connectWithCredential } from "@o2mc/runtime/nats.ts";
import type { DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { WorkerUser } from "./worker-user.ts";

/** A connection that opens the worker's directory only. */
export interface WorkerConnection {
  readonly nats: NatsConnection;
  readonly user: WorkerUser;
}

/** As the worker that `credsFile` enrols; tries for ever. */
export async function connectWorker(
  role: DataPlaneRole,
  { url, credsFile }: { readonly url: string; readonly credsFile: string },
  log: Logger,
): Promise<WorkerConnection> {
  const user = new WorkerUser(credsFile, log);
  const options = { url, name: `o2mc-${role}`, inboxPrefix: `_INBOX_${role}` };
  return { nats: await connectWithCredential(options, () => user.current()), user };
}
