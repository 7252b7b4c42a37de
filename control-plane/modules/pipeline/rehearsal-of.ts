import { randomBytes } from "node:crypto";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { CheckedDefinition } from "@o2mc/schema/pipeline/check.ts";
import { laneId } from "@o2mc/schema/subjects.ts";
import type { SourceRow } from "../../db/entities/source.ts";

/** Of all the state that a test may keep; the process that runs it has little more. */
const STATE_BYTES = 64 * 1024 * 1024;
const PIPELINE = "test";

/** What would be deployed, were the definition all that there is, with nothing in it that opens or names anything real. */
export function rehearsalOf(
  { tenant, application, id, name, kind, consentMode, granted, grantPurposes }: SourceRow,
  policy: Policy,
  { definition, readSet, outputs }: CheckedDefinition,
): Deployment {
  const purposes = [...new Set(definition.purposes)].sort();
  const lane = laneId(purposes);
  return {
    formatVersion: 1,
    tenant,
    application,
    revision: 1,
    policy,
    sources: [
      {
        id,
        name,
        kind,
        consentMode,
        writeKeyHashes: [],
        origins: [],
        grant: { granted, purposes: grantPurposes },
      },
    ],
    lanes: [{ id: lane, purposes, partitions: 1, fields: readSet, stateBytes: STATE_BYTES }],
    pipelines: [{ id: PIPELINE, name: PIPELINE, version: 1, since: 1, lane, definition, outputs }],
    deliveries: [],
    // not the tenant's: else a test would tell the pseudonym of whoever one names
    subjectSalt: randomBytes(32).toString("hex"),
  };
}
