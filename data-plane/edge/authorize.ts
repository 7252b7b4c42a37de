import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { DeployedSource } from "@o2mc/schema/deployment/deployment.ts";

const BEARER = /^Bearer +(\S+)$/i;

/** Whether the request carries one of the source's write keys; every hash is compared, each in constant time. */
export function authorized(source: DeployedSource, headers: IncomingHttpHeaders): boolean {
  const key = BEARER.exec(headers.authorization ?? "")?.[1];
  if (key === undefined) return false;
  const given = hash("sha256", key, "buffer");
  let known = false;
  for (const hex of source.writeKeyHashes) {
    const expected = Buffer.from(hex, "hex");
    if (expected.length === given.length && timingSafeEqual(expected, given)) known = true;
  }
  return known;
}
