import { LockMode, type EntityName } from "@mikro-orm/core";
import { ApplicationRow } from "../db/entities/application.ts";
import { PolicyRow } from "../db/entities/policy.ts";
import { type EntityManager } from "../db/orm.ts";
import { ApiError } from "../errors/api-error.ts";

interface Identified {
  id: string;
}

/** Finds a row of the tenant by id; throws NOT_FOUND, for other tenants' rows too. */
export async function find<T extends Identified>(
  em: EntityManager,
  entity: EntityName<T>,
  kind: string,
  id: string,
): Promise<T> {
  const row = await em.findOne<T>(entity, { id } as never);
  if (row === null) throw new ApiError("NOT_FOUND", { kind, id });
  return row;
}

/** `find`, as it is now and unchanged by others until the transaction ends. Lock an application before its parts. */
export async function findLocked<T extends Identified>(
  em: EntityManager,
  entity: EntityName<T>,
  kind: string,
  id: string,
): Promise<T> {
  const row = await em.findOne<T>(entity, { id } as never, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  if (row === null) throw new ApiError("NOT_FOUND", { kind, id });
  return row;
}

export function findApplication(em: EntityManager, id: string): Promise<ApplicationRow> {
  return find(em, ApplicationRow, "application", id);
}

/** The policy in force: the newest version; null before the first. */
export async function currentPolicy(em: EntityManager, application: string): Promise<PolicyRow | null> {
  const [row] = await em.find(PolicyRow, { application }, { orderBy: { version: "desc" }, limit: 1 });
  return row ?? null;
}
