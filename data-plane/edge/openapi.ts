import type { FieldDeclaration, FieldType } from "@o2mc/schema/consent/policy.ts";
import type { SourcePlan } from "./plan.ts";

interface ObjectSchema {
  readonly type: "object";
  readonly properties: Record<string, object>;
  readonly additionalProperties?: boolean;
}

const TYPES: Readonly<Record<FieldType, object>> = {
  string: { type: "string" },
  number: { type: "number" },
  integer: { type: "integer" },
  boolean: { type: "boolean" },
  timestamp: { type: "string", format: "date-time" },
};

/** The OpenAPI 3.1 document of one source, from the fields that its policy declares. */
export function openApi({ source, application }: SourcePlan, server: string): object {
  const { policy } = application.deployment;
  const event = ref("Event");
  return {
    openapi: "3.1.0",
    info: { title: source.name, version: String(application.deployment.revision) },
    servers: [{ url: server }],
    paths: {
      [`/v1/sources/${source.id}/events`]: {
        post: {
          operationId: "sendEvents",
          summary: "Send one event, an array, or one a line; CloudEvents 1.0 in structured, batch or binary mode",
          security: SECURITY,
          requestBody: {
            required: true,
            content: {
              "application/json": { schema: { oneOf: [event, { type: "array", items: event }] } },
              "application/x-ndjson": { schema: { type: "string" } },
              "application/cloudevents+json": { schema: event },
              "application/cloudevents-batch+json": { schema: { type: "array", items: event } },
            },
          },
          responses: {
            202: { description: "Safe in the hub", content: { "application/json": { schema: ref("Accepted") } } },
            400: problem("The body cannot be read"),
            401: problem("The source or its write key is not known, or the key has ended"),
            403: problem("The owner of the data has not granted this source"),
            413: problem("Too large after decompression, or too many events"),
            415: problem("Another content type or encoding"),
            429: problem("The hub is full: see Retry-After"),
            503: problem("The hub or the consent store does not answer: see Retry-After"),
          },
        },
      },
      [`/v1/sources/${source.id}/consent`]: {
        put: {
          operationId: "putConsentOf",
          summary:
            "Store what the subject in the body permits, any subject, also `.` and `..`; no purposes = withdrawal",
          ...consentOperation(["subject", "policyVersion"], { subject: subjectSchema, ...saidSchema(policy) }),
        },
      },
      [`/v1/sources/${source.id}/consent/{subject}`]: {
        put: {
          operationId: "putConsent",
          summary: "Store what a subject permits; no purposes = withdrawal",
          parameters: [{ name: "subject", in: "path", required: true, schema: subjectSchema }],
          ...consentOperation(["policyVersion"], saidSchema(policy)),
        },
      },
    },
    components: {
      securitySchemes: { writeKey: { type: "http", scheme: "bearer" } },
      schemas: {
        Event: {
          type: "object",
          required: ["id", "type", "time", "subject"],
          properties: {
            id: { type: "string", minLength: 1, maxLength: 128 },
            type: { type: "string", minLength: 1, maxLength: 128 },
            time: { type: "string", format: "date-time" },
            subject: subjectSchema,
            data: dataSchema(policy.fields),
            ...(source.consentMode === "subject" ? { consent: consentSchema(policy) } : {}),
          },
        },
        Accepted: {
          type: "object",
          required: ["accepted", "denied", "rejected"],
          properties: {
            accepted: { type: "integer" },
            denied: arrayOf({ reason: { type: "string" }, count: { type: "integer" } }),
            rejected: arrayOf({ index: { type: "integer" }, code: { type: "string" }, message: { type: "string" } }),
          },
        },
        Problem: {
          type: "object",
          required: ["type", "title", "status", "code"],
          properties: {
            type: { type: "string" },
            title: { type: "string" },
            status: { type: "integer" },
            code: { type: "string" },
            detail: { type: "string" },
          },
        },
      },
    },
  };
}

/** What it takes and answers, wherever the subject stands. */
const consentOperation = (required: readonly string[], properties: object): object => ({
  security: SECURITY,
  requestBody: {
    required: true,
    content: { "application/json": { schema: { type: "object", required, properties } } },
  },
  responses: {
    204: { description: "Stored" },
    400: problem("Not a consent, or of nobody"),
    401: problem("The source or its write key is not known, or the key has ended"),
    409: problem("The policy has another version by now"),
    413: problem("Too large after decompression"),
    415: problem("Another encoding"),
    503: problem("The hub does not answer"),
  },
});

const SECURITY = [{ writeKey: [] }];

const problem = (description: string): object => ({
  description,
  content: { "application/problem+json": { schema: ref("Problem") } },
});

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

const subjectSchema = { type: "string", minLength: 1, maxLength: 512 } as const;

type Policy = SourcePlan["application"]["deployment"]["policy"];

const purposesSchema = (policy: Policy): object => ({
  type: "array",
  items: { enum: policy.purposes.map(({ name }) => name) },
});

const consentSchema = (policy: Policy): object => ({
  type: "object",
  required: ["policyVersion", "givenAt"],
  properties: { ...saidSchema(policy), givenAt: { type: "string", format: "date-time" } },
});

/** Purposes, or a level or a TC string in their place; signals only narrow. */
const saidSchema = (policy: Policy): Record<string, object> => ({
  purposes: purposesSchema(policy),
  ...(policy.levels === undefined || policy.levels.length === 0
    ? {}
    : { level: { enum: policy.levels.map(({ name }) => name) } }),
  tcf: { type: "string", description: "IAB TC string, version 2" },
  gpc: { type: "boolean", description: "Global Privacy Control" },
  dnt: { type: "boolean", description: "Do Not Track" },
  ...(policy.wordings === undefined || policy.wordings.length === 0
    ? {}
    : { wording: { enum: policy.wordings.map(({ id }) => id), description: "The text that the subject saw" } }),
  policyVersion: { const: policy.version },
});

const arrayOf = (properties: Record<string, object>): object => ({
  type: "array",
  items: { type: "object", required: Object.keys(properties), properties },
});

/** `page.path` becomes an object in an object; what is not declared may be sent, and is dropped at the gate. */
function dataSchema(fields: readonly FieldDeclaration[]): ObjectSchema {
  const root: ObjectSchema = { type: "object", properties: {} };
  for (const { path, type, description } of fields) {
    if (path.startsWith("$")) continue;
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let node = root;
    for (const key of keys) {
      const inner = node.properties[key];
      if (inner !== undefined && "properties" in inner) node = inner as ObjectSchema;
      else node.properties[key] = node = { type: "object", properties: {} };
    }
    node.properties[last] = { ...TYPES[type], description };
  }
  return root;
}
