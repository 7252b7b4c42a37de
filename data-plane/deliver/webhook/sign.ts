import { createHmac } from "node:crypto";

/** The `webhook-signature` of Standard Webhooks: `v1,` + base64 of HMAC-SHA256 over `id.timestamp.body`. */
export function sign(secret: string, id: string, timestampSeconds: number, body: string): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestampSeconds}.${body}`).digest("base64")}`;
}
