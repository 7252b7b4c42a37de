import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { Step } from "@o2mc/schema/pipeline/definition.ts";
import { shopDeployment } from "../shop-deployment.ts";

/** As the peers have it: their hash knows no tenant's key, so ours is a plain SHA-256 here. */
const P: readonly Step[] = [
  { filter: { where: "event.product.price < 174.0" } },
  { anonymize: { field: "client.ip", method: "truncate" } },
  {
    map: {
      set: [
        { field: "subject", expression: `sha256(event["$subject"])` },
        { field: "section", expression: "pathSegment(event.page.path, 0)" },
        { field: "total", expression: "event.product.price * 3.0" },
      ],
    },
  },
  {
    rename: {
      fields: [
        { from: "client.ip", to: "ip" },
        { from: "page.path", to: "path" },
        { from: "page.title", to: "title" },
        { from: "page.referrer", to: "referrer" },
        { from: "product.sku", to: "sku" },
      ],
    },
  },
  { emit: { output: "rows", fields: ["subject", "ip", "section", "total", "path", "title", "referrer", "sku"] } },
];

/** P and a 30-minute session per visitor, by event time. */
const S: readonly Step[] = [
  ...P,
  {
    sessionize: {
      gapSeconds: 1800,
      sticky: [
        { field: "subject", keep: "first", as: "subject" },
        { field: "path", keep: "first", as: "entry" },
      ],
    },
  },
  { emit: { output: "sessions", fields: ["subject", "session.start", "session.end", "session.events", "entry"] } },
];

export const deploymentOf = (pipeline: "P" | "S"): Deployment => shopDeployment(pipeline === "P" ? P : S);
