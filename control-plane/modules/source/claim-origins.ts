import { UniqueConstraintViolationException } from "@mikro-orm/core";
import { SiteOriginRow } from "../../db/entities/site-origin.ts";
import type { SourceRow } from "../../db/entities/source.ts";
import type { EntityManager } from "../../db/orm.ts";
import { ApiError } from "../../errors/api-error.ts";

/**
 * Makes the origins of a web source its own and gives up those that it had before. Throws ORIGIN_TAKEN when another
 * source has one, whoever's that is; the transaction can only be rolled back then.
 */
export async function claimOrigins(em: EntityManager, source: SourceRow): Promise<void> {
  await em.nativeDelete(SiteOriginRow, { source: source.id });
  if (source.kind !== "web") return;
  // in one order, so that two who want the same two don't wait for each other
  for (const origin of source.origins.toSorted()) {
    try {
      await em.insert(SiteOriginRow, { origin, tenant: source.tenant, source: source.id });
    } catch (error) {
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
      throw new ApiError("ORIGIN_TAKEN", { origin }, { cause: error });
    }
  }
}
