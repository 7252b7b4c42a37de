import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { DeployedSource } from "@o2mc/schema/deployment/deployment.ts";
import { Problem } from "./problem.ts";

const BEARER = /^Bearer +(\S+)$/i;

/**
 * The hash of the write key that the request carries; throws a Problem when it is none of the source's, or one that has
 * ended by `now` (epoch ms). Every hash is compared, each in constant time.
 */
export function authorizedKey(source: DeployedSource, headers: IncomingHttpHeaders, now: number): string {
  const key = BEARER.exec(headers.authorization ?? "")?.[1];
  if (key === undefined) throw new Problem("unauthorized");
  const given = hash("sha256", key, "buffer");
  let known: string | undefined;
  for (const hex of source.writeKeyHashes) {
    const expected = Buffer.from(hex, "hex");
    if (expected.length === given.length && timingSafeEqual(expected, given)) known = hex;
  }
  if (known === undefined) throw new Problem("unauthorized");
  const end = source.writeKeyEnds?.[known];
  if (end !== undefined && now >= end) throw new Problem("write-key-ended");
  return known;
}
