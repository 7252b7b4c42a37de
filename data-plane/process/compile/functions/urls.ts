import { getDomain } from "tldts";
import type { urls } from "@o2mc/schema/expression/functions/urls.ts";
import { boundedText } from "../limits.ts";
import type { Implementations } from "./implementation.ts";
import { lastOf } from "./last-of.ts";

const absolute = lastOf((text) => URL.parse(text));
/** of a relative one the path, query and fragment count */
const relative = lastOf((text) => URL.parse(text) ?? URL.parse(text, "http://relative.invalid"));

const PORTS: Readonly<Record<string, number>> = { "http:": 80, "ws:": 80, "https:": 443, "wss:": 443, "ftp:": 21 };

function port(text: string): number {
  const url = absolute(text);
  if (url === null) return NaN;
  return url.port === "" ? (PORTS[url.protocol] ?? NaN) : Number(url.port);
}

function registrableDomain(text: string): string | null {
  const url = absolute(text);
  return getDomain(url === null || url.hostname === "" ? text : url.hostname);
}

export const URLS: Implementations<(typeof urls)["functions"][number]["signatures"][number]> = {
  "url.scheme(string): string": (text) => absolute(text)?.protocol.slice(0, -1) ?? null,
  "url.host(string): string": (text) => absolute(text)?.hostname || null,
  "url.registrableDomain(string): string": registrableDomain,
  "url.port(string): integer": port,
  "url.path(string): string": (text) => relative(text)?.pathname ?? null,
  "url.query(string): string": (text) => relative(text)?.search.slice(1) ?? null,
  "url.fragment(string): string": (text) => relative(text)?.hash.slice(1) ?? null,
  "url.parameter(string, string): string": (text, name) => relative(text)?.searchParams.get(name) ?? null,
  "url.decode(string): string": (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return null;
    }
  },
  "url.encode(string): string": (text) => {
    // half of a surrogate pair has no UTF-8
    if (/\p{Surrogate}/u.test(text)) return null;
    const encoded = encodeURIComponent(text);
    boundedText(encoded.length);
    return encoded;
  },
};
