import { consentStore } from "@o2mc/runtime/consent-store.ts";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { HubReader } from "../../api/context.ts";
import { TenantRow } from "../../db/entities/tenant.ts";
import { inTenant, type Orm } from "../../db/orm.ts";
import { secretContext, type SecretBox } from "../../db/secret.ts";
import { ApiError } from "../../errors/api-error.ts";
import type { TenantConnection } from "../../hub/connection.ts";
import { countConsents } from "../../hub/count-consents.ts";
import { lastDeadLetters } from "../../hub/dead-letters.ts";
import { destinationProblem } from "../../hub/destination-problem.ts";
import type { Hub } from "../../hub/hub.ts";
import { keysUsedAt } from "../../hub/keys-used-at.ts";
import { readLaneStates } from "../../hub/lane-health.ts";
import { readSubjectReceipts, receiptPages } from "../../hub/receipts.ts";
import { openResults } from "../../hub/results.ts";
import { testDestination } from "../../hub/test-destination.ts";
import { readSubjectData } from "../../hub/subject-data.ts";

/** Reads from the hub with each tenant's own connection. `sealFor`: deliver's public key, for what only it may open. */
export function tenantHub(orm: Orm, secrets: SecretBox, hub: Hub, log: Logger, sealFor = ""): HubReader {
  const connection = async (tenant: string): Promise<TenantConnection> => {
    const row = await inTenant(orm, tenant, (em) => em.findOne(TenantRow, { id: tenant }));
    if (row === null || row.accountSeed === null) throw new ApiError("HUB_UNAVAILABLE");
    const seed = secrets.open(row.accountSeed, secretContext.accountSeed(tenant));
    try {
      return await hub.tenant(tenant, seed);
    } catch (error) {
      throw new ApiError("HUB_UNAVAILABLE", {}, error instanceof Error ? { cause: error } : {});
    }
  };
  return {
    openResults: async (tenant, request) => openResults(await connection(tenant), request, log),
    lastDeadLetters: async (tenant, application, count) =>
      lastDeadLetters(await connection(tenant), application, count),
    receipts: async (tenant, application, subjectKey, page) =>
      readSubjectReceipts(await connection(tenant), application, subjectKey, page),
    receiptPages: async (tenant, application) => receiptPages(await connection(tenant), application),
    credentials: async (tenant) => {
      try {
        return await hub.credentials(tenant);
      } catch (error) {
        throw new ApiError("HUB_UNAVAILABLE", {}, error instanceof Error ? { cause: error } : {});
      }
    },
    keysUsedAt: async (tenant, hashes) => keysUsedAt(await connection(tenant), hashes),
    destinationProblem: async (tenant, id) => destinationProblem(await connection(tenant), id),
    testDestination: async (tenant, options) =>
      testDestination(await connection(tenant), { tenant, options, recipient: sealFor }),
    laneStates: async (tenant, application) => readLaneStates(await connection(tenant), application),
    countConsents: async (tenant, application) => countConsents(await connection(tenant), application),
    subjectData: async (tenant, application, subjectKey) =>
      readSubjectData(await connection(tenant), application, subjectKey),
    storeConsent: async (tenant, receipt) => consentStore((await connection(tenant)).nc).store(receipt),
  };
}
