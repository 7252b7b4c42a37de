import { LockMode } from "@mikro-orm/core";
import type { DataPlaneRole } from "@o2mc/schema/subjects.ts";
import { ApplicationRow } from "./entities/application.ts";
import { OutboxRow } from "./entities/outbox.ts";
import { TenantRow } from "./entities/tenant.ts";
import type { EntityManager } from "./orm.ts";

/** Notification channel; the payload is the row's id. */
export const OUTBOX_CHANNEL = "outbox";

type Notice =
  | { readonly kind: "deployment"; readonly tenant: string; readonly application: string }
  | { readonly kind: "tenant"; readonly tenant: string }
  | { readonly kind: "destination"; readonly tenant: string; readonly destination: string; readonly deleted: boolean }
  | {
      readonly kind: "revocation";
      readonly tenant: string;
      readonly role: DataPlaneRole;
      readonly application?: string;
    }
  | { readonly kind: "erasure"; readonly tenant: string; readonly erasure: string };

/**
 * Writes an outbox row in the caller's transaction. For a deployment it also raises the application's revision, under a
 * row lock, so that revisions follow the order of commits; resolves with the new revision (0 for the other kinds).
 */
export async function enqueue(em: EntityManager, notice: Notice): Promise<number> {
  const row = new OutboxRow();
  row.tenant = notice.tenant;
  row.kind = notice.kind;
  let revision = 0;
  switch (notice.kind) {
    case "deployment": {
      const application = await em.findOneOrFail(
        ApplicationRow,
        { id: notice.application },
        { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
      );
      revision = application.revision += 1;
      row.application = notice.application;
      row.payload = { revision };
      break;
    }
    case "destination":
      row.payload = { destination: notice.destination, deleted: notice.deleted };
      break;
    case "erasure":
      row.payload = { erasure: notice.erasure };
      break;
    case "revocation":
      row.application = notice.application ?? null;
      row.payload = { role: notice.role };
      break;
    case "tenant":
      row.payload = {};
      break;
  }
  em.persist(row);
  await em.flush();
  return revision;
}

/** For all applications of a tenant, in one order, so that two such transactions never wait for one another. */
export async function enqueueDeployments(em: EntityManager, tenant: string): Promise<void> {
  for (const { id } of await em.find(ApplicationRow, {}, { orderBy: { id: "asc" } })) {
    await enqueue(em, { kind: "deployment", tenant, application: id });
  }
}

/** The share of each application changes with their number. */
export async function enqueueShares(em: EntityManager, tenant: string): Promise<void> {
  const { quotas } = await em.findOneOrFail(TenantRow, { id: tenant });
  if (quotas.stateBytes !== undefined) await enqueueDeployments(em, tenant);
}
