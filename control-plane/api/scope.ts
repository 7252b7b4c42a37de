import {
  DriverException,
  ForeignKeyConstraintViolationException,
  UniqueConstraintViolationException,
} from "@mikro-orm/core";
import type { Action } from "../auth/actions.ts";
import { may, PLATFORM_TENANT, type Actor } from "../auth/actor.ts";
import { appendAudit, type AuditRecord } from "../db/append-audit.ts";
import { TenantRow } from "../db/entities/tenant.ts";
import { inTenant, type EntityManager } from "../db/orm.ts";
import { ApiError } from "../errors/api-error.ts";
import type { Context, Services } from "./context.ts";
import { timeLeft } from "./limits/deadline.ts";

/** One operation inside one tenant: what every query and mutation works with. */
export interface Scope {
  readonly em: EntityManager;
  readonly actor: Actor;
  readonly tenant: string;
  readonly services: Services;
}

export interface ChangeScope extends Scope {
  /** Writes to the audit log in the same transaction. `event` is a past tense, such as `source.created`. */
  readonly audit: (event: string, target: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** Who asks, when they may do it; throws UNAUTHENTICATED or FORBIDDEN. */
export async function authorise(context: Context, action: Action): Promise<Actor> {
  const actor = await context.actor();
  if (!may(actor, action)) throw new ApiError("FORBIDDEN", { action });
  return actor;
}

/** For what is the same for everyone: who asks, with any role or scope; throws UNAUTHENTICATED or TENANT_UNKNOWN. */
export async function signedIn(context: Context): Promise<Actor> {
  const actor = await context.actor();
  const { orm } = context.services;
  if (actor.tenant !== PLATFORM_TENANT) await inTenant(orm, actor.tenant, (em) => requireTenant(em, actor.tenant));
  return actor;
}

/** Authorises, then reads in the asker's tenant. */
export async function read<T>(context: Context, action: Action, work: (scope: Scope) => Promise<T>): Promise<T> {
  const actor = await authorise(context, action);
  const { services } = context;
  try {
    return await inTenant(
      services.orm,
      actor.tenant,
      async (em) => {
        await requireTenant(em, actor.tenant);
        return work({ em, actor, tenant: actor.tenant, services });
      },
      timeLeft(context),
    );
  } catch (error) {
    throw cancelled(error) ?? unstorable(error) ?? error;
  }
}

/** Authorises, then changes in the asker's tenant: all of it and its audit entry, or nothing. */
export async function change<T>(
  context: Context,
  action: Action,
  work: (scope: ChangeScope) => Promise<T>,
): Promise<T> {
  const actor = await authorise(context, action);
  return changeAs(context, actor, actor.tenant, async (scope) => {
    await requireTenant(scope.em, actor.tenant);
    return work(scope);
  });
}

/** `read`, of what somebody may have to answer for having read: it stands in the audit log, or it did not happen. */
export function readOnRecord<T>(
  context: Context,
  action: Action,
  work: (scope: ChangeScope) => Promise<T>,
): Promise<T> {
  return change(context, action, work);
}

/** `change` in a tenant that is not the asker's own: for the platform's operator alone. */
export async function changeAs<T>(
  context: Context,
  actor: Actor,
  tenant: string,
  work: (scope: ChangeScope) => Promise<T>,
): Promise<T> {
  const { services } = context;
  try {
    const whole = async (em: EntityManager): Promise<T> => {
      const records: AuditRecord[] = [];
      const audit: ChangeScope["audit"] = (event, target, details = {}) => {
        const { address, userAgent } = context.from;
        const by = { actor: actor.id, address, userAgent, credential: actor.credential };
        records.push({ ...by, action: event, target, details });
      };
      const result = await work({ em, actor, tenant, services, audit });
      // a defect of the operation, found by its first test
      if (records.length === 0) throw new Error("the operation wrote no audit entry");
      await em.flush();
      await appendAudit(em, tenant, records);
      // what was begun in time is not committed late
      timeLeft(context);
      return result;
    };
    return await inTenant(services.orm, tenant, whole, timeLeft(context));
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException) throw new ApiError("CONFLICT", {}, { cause: error });
    if (error instanceof ForeignKeyConstraintViolationException) {
      throw new ApiError("IN_USE", { kind: "thing", by: "something refers to it" }, { cause: error });
    }
    throw cancelled(error) ?? lastOwner(error) ?? unstorable(error) ?? error;
  }
}

/** raised by the trigger `members_keep_owner` */
function lastOwner(error: unknown): ApiError | undefined {
  return error instanceof DriverException && error.code === "O2M01"
    ? new ApiError("LAST_OWNER", {}, { cause: error })
    : undefined;
}

const QUERY_CANCELED = "57014";

function cancelled(error: unknown): ApiError | undefined {
  if (!(error instanceof DriverException) || error.code !== QUERY_CANCELED) return undefined;
  return new ApiError("OPERATION_TIMEOUT", {}, { cause: error });
}

/**
 * PostgreSQL takes neither NUL nor half a surrogate pair, and any argument of any operation may hold one: untranslatable
 * character, invalid text representation (both of JSON), protocol violation (a NUL where the driver ends a message).
 */
const UNSTORABLE = new Set(["22P05", "22P02", "08P01"]);

function unstorable(error: unknown): ApiError | undefined {
  if (!(error instanceof DriverException) || !UNSTORABLE.has(error.code ?? "")) return undefined;
  return new ApiError(
    "INVALID_INPUT",
    { field: "text", problem: "must not hold a NUL or half a surrogate pair" },
    { cause: error },
  );
}

async function requireTenant(em: EntityManager, id: string): Promise<void> {
  if ((await em.findOne(TenantRow, { id })) === null) throw new ApiError("TENANT_UNKNOWN");
}
