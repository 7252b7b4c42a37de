import { createHash } from "node:crypto";
import type { FieldDeclaration, FieldType } from "@o2mc/schema/consent/policy.ts";
import type { DeployedSource, Deployment } from "@o2mc/schema/deployment/deployment.ts";

export const KEY = "wk_test";
export const ORIGIN = "https://shop.example";

const field = (path: string, type: FieldType, ...purposes: string[]): FieldDeclaration => ({
  path,
  type,
  purposes,
  description: path,
});

const FIELDS = [
  field("page.path", "string", "analytics", "marketing"),
  field("page.title", "string", "analytics"),
  field("price", "number", "analytics", "marketing"),
  field("card.number", "string", "billing"),
  field("count", "integer", "analytics"),
  field("seen", "timestamp", "analytics"),
  field("constructor", "string", "analytics"),
  field("$subject", "string", "analytics"),
  field("$ip", "string", "analytics"),
];

const pick = (...paths: string[]): FieldDeclaration[] => FIELDS.filter(({ path }) => paths.includes(path));

const source = (id: string, rest: Partial<DeployedSource> = {}): DeployedSource => ({
  id,
  name: id,
  kind: "rest",
  writeKeyHashes: [
    createHash("sha256").update("old key").digest("hex"),
    createHash("sha256").update(KEY).digest("hex"),
  ],
  origins: [],
  consentMode: "subject",
  grant: { granted: true, purposes: [] },
  ...rest,
});

/** Policy version 2 with analytics, marketing and billing; lanes for analytics and for analytics with marketing. */
export function testDeployment(revision: number, logGranted = true): Deployment {
  return {
    formatVersion: 1,
    tenant: "t1",
    application: "app",
    revision,
    policy: {
      version: 2,
      purposes: ["analytics", "marketing", "billing"].map((name) => ({
        name,
        description: `For ${name}`,
        legalBasis: "consent",
        lifetimeDays: 180,
      })),
      fields: FIELDS,
    },
    sources: [
      source("web", { kind: "web", origins: [ORIGIN], publicWriteKey: KEY }),
      source("rest"),
      source("log", { consentMode: "owner", grant: { granted: logGranted, purposes: ["analytics"] } }),
    ],
    lanes: [
      {
        id: "analytics",
        purposes: ["analytics"],
        partitions: 4,
        // card.number is not for analytics: a deployment that says so must not be believed
        fields: pick("page.path", "page.title", "count", "seen", "constructor", "$subject", "$ip", "card.number"),
      },
      {
        id: "analytics+marketing",
        purposes: ["analytics", "marketing"],
        partitions: 1,
        fields: pick("page.path", "price"),
      },
    ],
    pipelines: [],
    deliveries: [],
    subjectSalt: "ab".repeat(32),
  };
}
