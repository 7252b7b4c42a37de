import type { IncomingMessage } from "node:http";

/** Where a request comes from, for the audit log and for limits by address. */
export interface RequestOrigin {
  readonly address: string;
  readonly userAgent: string | null;
}

const MAX_USER_AGENT = 200;

/** `proxies`: how many of our own stand in front; each adds the address that it saw to `X-Forwarded-For`. */
export function requestOrigin({ socket, headers }: IncomingMessage, proxies: number): RequestOrigin {
  const forwarded = String(headers["x-forwarded-for"] ?? "")
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "");
  const seen = proxies > 0 ? forwarded.at(-proxies) : undefined;
  return {
    address: seen ?? socket.remoteAddress ?? "unknown",
    userAgent: headers["user-agent"]?.slice(0, MAX_USER_AGENT) ?? null,
  };
}
