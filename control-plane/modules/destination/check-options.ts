import type { DestinationConfig } from "@o2mc/schema/deployment/deployment.ts";
import { invalid } from "../../api/input.ts";
import type { DestinationRow } from "../../db/entities/destination.ts";
import type { DestinationOptionsInput } from "./destination.input.ts";

type Kind = DestinationRow["kind"];

const MAX_TEXT = 2048;
const WEBHOOK_SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

/** The kind and its options as plain JSON; throws INVALID_INPUT with the first that is not usable. */
export function checkOptions(input: DestinationOptionsInput): { kind: Kind; options: DestinationConfig["options"] } {
  const { postgres, webhook, file } = input;
  if (postgres != null) {
    for (const field of ["host", "database", "user", "schema", "table"] as const) text(field, postgres[field]);
    if (postgres.port < 1 || postgres.port > 65_535) throw invalid("port", "must be 1 to 65535");
    return { kind: "postgres", options: { postgres: plain(postgres) } };
  }
  if (webhook != null) {
    const url = URL.canParse(webhook.url) ? new URL(webhook.url) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) throw invalid("url", "must be an http or https address");
    if (!WEBHOOK_SECRET.test(webhook.secret)) throw invalid("secret", "must be whsec_ and 24 to 64 bytes in base64");
    return { kind: "webhook", options: { webhook: plain(webhook) } };
  }
  text("directory", file.directory);
  if (file.rotateSeconds < 1 || file.rotateSeconds > 86_400) throw invalid("rotateSeconds", "must be 1 to 86400");
  return { kind: "file", options: { file: plain(file) } };
}

/** type-graphql hands over instances of its input classes. */
const plain = (options: object): Record<string, unknown> => Object.fromEntries(Object.entries(options));

function text(field: string, value: string): void {
  if (value === "" || value.length > MAX_TEXT || value.includes("\0")) {
    throw invalid(field, `must have 1 to ${MAX_TEXT} characters`);
  }
}
