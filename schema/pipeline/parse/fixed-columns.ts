import type { FieldType } from "../../consent/policy.ts";

/** The columns that a format has of itself, under the prefix `into`. */
export const FIXED_COLUMNS = {
  "combined-log": {
    address: "string",
    user: "string",
    time: "timestamp",
    method: "string",
    path: "string",
    protocol: "string",
    status: "integer",
    bytes: "integer",
    referrer: "string",
    agent: "string",
  },
  "user-agent": {
    browser: "string",
    browserVersion: "string",
    os: "string",
    osVersion: "string",
    device: "string",
    vendor: "string",
    model: "string",
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, FieldType>>>>;
