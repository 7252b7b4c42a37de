import { LockMode } from "@mikro-orm/core";
import { TenantRow } from "../db/entities/tenant.ts";
import { inTenant, type Orm } from "../db/orm.ts";
import { secretContext, type SecretBox } from "../db/secret.ts";
import { newTenantAccount, type TenantAccount } from "../hub/accounts.ts";

/** The tenant's NATS account, made at the first call and kept, sealed, in its row; null when there is no such tenant. */
export function ensureAccount(orm: Orm, secrets: SecretBox, tenant: string): Promise<TenantAccount | null> {
  return inTenant(orm, tenant, async (em) => {
    const row = await em.findOne(TenantRow, { id: tenant }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (row === null) return null;
    const context = secretContext.accountSeed(tenant);
    if (row.accountKey !== null && row.accountSeed !== null) {
      return { publicKey: row.accountKey, seed: secrets.open(row.accountSeed, context) };
    }
    const account = newTenantAccount();
    row.accountKey = account.publicKey;
    row.accountSeed = secrets.seal(account.seed, context);
    return account;
  });
}
