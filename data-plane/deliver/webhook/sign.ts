import { createHmac } from "node:crypto";

/** The `webhook-signature` of Standard Webhooks: `v1,` + base64 of HMAC-SHA256 over `id.timestamp.body`. */
function sign(secret: string, id: string, timestampSeconds: number, body: string): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestampSeconds}.${body}`).digest("base64")}`;
}

/** All headers of one call. */
export function signedHeaders(secret: string, id: string, body: string): Readonly<Record<string, string>> {
  const timestamp = Math.floor(Date.now() / 1000);
  return {
    "content-type": "application/json",
    "user-agent": "o2mc-deliver",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": sign(secret, id, timestamp, body),
  };
}
