import { isDeepStrictEqual } from "node:util";
import { randomBytes } from "node:crypto";
import { MemberRow } from "../db/entities/member.ts";
import { TenantRow } from "../db/entities/tenant.ts";
import { inTenant, type Orm } from "../db/orm.ts";
import { ApiError } from "../errors/api-error.ts";
import { PLATFORM_TENANT, type Person } from "./actor.ts";

/**
 * The person with the roles that they have in their tenant: those that an owner gave, else those that the issuer claims.
 * Notes who comes the first time. Throws MEMBER_DISABLED.
 */
export async function asMember(orm: Orm, person: Person): Promise<Person> {
  if (person.tenant === PLATFORM_TENANT) return person;
  const row = await inTenant(orm, person.tenant, async (em) => {
    const found = await em.findOne(MemberRow, { subject: person.id });
    if (found === null) {
      // an unknown tenant is for the operation to refuse
      if ((await em.findOne(TenantRow, { id: person.tenant })) === null) return null;
      await em.upsert(
        MemberRow,
        {
          id: `mem_${randomBytes(10).toString("hex")}`,
          tenant: person.tenant,
          subject: person.id,
          email: person.email ?? "",
          claimed: person.roles,
          state: "active",
          createdAt: new Date(),
        },
        { onConflictFields: ["tenant", "subject"], onConflictAction: "ignore" },
      );
      return em.findOne(MemberRow, { subject: person.id }, { refresh: true });
    }
    if (!isDeepStrictEqual(found.claimed, person.roles)) found.claimed = person.roles;
    if (person.email !== null && found.email !== person.email) found.email = person.email;
    return found;
  });
  if (row === null) return person;
  if (row.state === "disabled") throw new ApiError("MEMBER_DISABLED");
  return row.roles === null ? person : { ...person, roles: row.roles };
}
