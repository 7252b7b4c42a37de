import { LockMode } from "@mikro-orm/core";
import { TenantRow, type Quotas } from "../../db/entities/tenant.ts";
import type { EntityManager } from "../../db/orm.ts";
import { ApiError } from "../../errors/api-error.ts";

/**
 * Throws QUOTA_EXCEEDED when the tenant has as many as it may have. Locks the tenant's row, so that two who are about to make
 * the last one do so one after the other.
 */
export async function requireQuota(
  em: EntityManager,
  id: string,
  quota: "sources" | "pipelines",
  count: () => Promise<number>,
): Promise<void> {
  const tenant = await em.findOneOrFail(TenantRow, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  const limit = tenant.quotas[quota];
  if (limit !== undefined && (await count()) >= limit) throw quotaExceeded(quota, limit);
}

export const quotaExceeded = (quota: keyof Quotas, limit: number): ApiError =>
  new ApiError("QUOTA_EXCEEDED", { quota, limit: String(limit) }, { extensions: { quota, limit } });
