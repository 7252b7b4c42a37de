import { LockMode } from "@mikro-orm/core";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { RECEIPTS_SOURCE } from "@o2mc/schema/consent/receipt-fields.ts";
import type { DeployedSource, DestinationConfig, Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { ApplicationRow } from "../db/entities/application.ts";
import { ApprovalRow } from "../db/entities/approval.ts";
import { DeliveryRow } from "../db/entities/delivery.ts";
import { DestinationRow } from "../db/entities/destination.ts";
import { PipelineRow } from "../db/entities/pipeline.ts";
import { PipelineVersionRow } from "../db/entities/pipeline-version.ts";
import { PolicyRow } from "../db/entities/policy.ts";
import { SourceKeyRow } from "../db/entities/source-key.ts";
import { SourceRow } from "../db/entities/source.ts";
import { TenantRow } from "../db/entities/tenant.ts";
import { inTenant, type EntityManager, type Orm } from "../db/orm.ts";
import { secretContext, type SecretBox } from "../db/secret.ts";
import { buildDeployment, type PublishedPipeline } from "./build-deployment.ts";
import { withQuotas } from "./with-quotas.ts";

/**
 * "gone" when the application was deleted, "nothing" while it has no policy. The application's row is locked while the
 * rest is read: whoever raises the revision waits, so that the document is one revision's and not two's.
 */
export function loadDeployment(
  orm: Orm,
  secrets: SecretBox,
  tenant: string,
  id: string,
): Promise<Deployment | "gone" | "nothing"> {
  return inTenant(orm, tenant, async (em) => {
    const application = await em.findOne(ApplicationRow, { id }, { lockMode: LockMode.PESSIMISTIC_READ });
    if (application === null) return "gone";
    const [policy] = await em.find(PolicyRow, { application: id }, { orderBy: { version: "desc" }, limit: 1 });
    if (policy === undefined) return "nothing";
    const owner = await em.findOneOrFail(TenantRow, { id: tenant });
    const oldestFirst = { orderBy: { createdAt: "asc", id: "asc" } } as const;
    const deliveries = await em.find(DeliveryRow, { application: id }, oldestFirst);
    const deployment = buildDeployment({
      tenant,
      subjectSalt: secrets.open(owner.subjectSalt, secretContext.subjectSalt(tenant)),
      application,
      policy: policyOf(policy),
      sources: [...(await loadSources(em, id)), ...receiptsSource(policy)],
      pipelines: await loadPipelines(em, id),
      destinationPurposes: await loadDestinationPurposes(em, deliveries),
      deliveries: deliveries.map(({ id: delivery, pipeline, output, destination }) => {
        return { id: delivery, pipeline, output, destination };
      }),
    });
    return withQuotas(deployment, owner.quotas, await em.count(ApplicationRow, {}));
  });
}

function policyOf(row: PolicyRow): Policy {
  const { version, purposes, fields, levels, wordings, receiptsPurpose, controller, jurisdiction } = row;
  return { version, purposes, fields, levels, wordings, receiptsPurpose, controller, jurisdiction };
}

/** Its grant is the policy's: the privacy officer names the purpose there. */
const receiptsSource = ({ receiptsPurpose }: PolicyRow): readonly DeployedSource[] =>
  receiptsPurpose === ""
    ? []
    : [
        {
          id: RECEIPTS_SOURCE,
          name: RECEIPTS_SOURCE,
          kind: "consent",
          consentMode: "owner",
          origins: [],
          writeKeyHashes: [],
          grant: { granted: true, purposes: [receiptsPurpose] },
        },
      ];

const ENDED_KNOWN_MS = 30 * 24 * 3600 * 1000;

async function loadSources(em: EntityManager, application: string): Promise<Deployment["sources"]> {
  const sources = await em.find(SourceRow, { application }, { orderBy: { createdAt: "asc", id: "asc" } });
  const keys = await em.find(
    SourceKeyRow,
    {
      source: { $in: sources.map(({ id }) => id) },
      revokedAt: null,
      // for a while the edge says of an ended key that it has ended; then it is like any unknown one
      $or: [{ expiresAt: null }, { expiresAt: { $gt: new Date(Date.now() - ENDED_KNOWN_MS) } }],
    },
    { orderBy: { createdAt: "asc", id: "asc" } },
  );
  // pages get the newest key; the older ones go on until their end
  const publicKey = (source: string): string | undefined =>
    keys.findLast((key) => key.source === source && key.publicKey !== null)?.publicKey ?? undefined;
  const ends = (source: string): Record<string, number> =>
    Object.fromEntries(
      keys.flatMap((key) =>
        key.source === source && key.expiresAt !== null ? [[key.hash, key.expiresAt.getTime()]] : [],
      ),
    );
  return sources.map(({ id, name, kind, consentMode, consentAuthority, origins, granted, grantPurposes }) => ({
    id,
    name,
    kind,
    consentMode,
    origins,
    writeKeyHashes: keys.flatMap((key) => (key.source === id ? [key.hash] : [])).sort(),
    ...(Object.keys(ends(id)).length === 0 ? {} : { writeKeyEnds: ends(id) }),
    ...publicWriteKey(publicKey(id)),
    ...(consentAuthority ? { consentAuthority } : {}),
    grant: { granted, purposes: grantPurposes },
  }));
}

const publicWriteKey = (key: string | undefined): { publicWriteKey?: string } =>
  key === undefined ? {} : { publicWriteKey: key };

async function loadPipelines(em: EntityManager, application: string): Promise<readonly PublishedPipeline[]> {
  const rows = await em.find(
    PipelineRow,
    { application, publishedVersion: { $ne: null } },
    { orderBy: { createdAt: "asc", id: "asc" } },
  );
  const pipelines: PublishedPipeline[] = [];
  for (const { id, name, publishedVersion } of rows) {
    const key = { pipeline: id, version: publishedVersion };
    const { version, since, definition, outputs } = await em.findOneOrFail(PipelineVersionRow, key);
    const approvals = (await em.find(ApprovalRow, { pipeline: id, state: "approved" })).map(({ use }) => use);
    pipelines.push({ id, name, version, since, definition, outputs, approvals });
  }
  return pipelines;
}

async function loadDestinationPurposes(
  em: EntityManager,
  deliveries: readonly DeliveryRow[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await em.find(DestinationRow, { id: { $in: deliveries.map(({ destination }) => destination) } });
  return new Map(rows.flatMap(({ id, purposes }) => (purposes === null ? [] : [[id, purposes] as const])));
}

/** A destination as deliver gets it, secrets opened; null when it was deleted. */
export function loadDestination(
  orm: Orm,
  secrets: SecretBox,
  tenant: string,
  id: string,
): Promise<DestinationConfig | null> {
  return inTenant(orm, tenant, async (em) => {
    const row = await em.findOne(DestinationRow, { id });
    if (row === null) return null;
    const options = JSON.parse(secrets.open(row.options, secretContext.destination(tenant, id))) as unknown;
    return { id, name: row.name, options: options as DestinationConfig["options"], revision: row.revision };
  });
}
