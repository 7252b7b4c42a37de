import { invalid } from "../../api/input.ts";
import type { SourceKind } from "./source.type.ts";

const MAX_ORIGINS = 50;

/**
 * The origins of a source as browsers send them (`https://shop.example`), each once; throws INVALID_INPUT for anything
 * else, and for a web source without a site.
 */
export function originsOf(kind: SourceKind, origins: readonly string[]): string[] {
  if (kind === "web" && origins.length === 0) throw invalid("origins", "must name the site of a WEB source");
  if (origins.length > MAX_ORIGINS) throw invalid("origins", `must have at most ${MAX_ORIGINS} entries`);
  return [...new Set(origins.map(canonical))];
}

function canonical(origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : null;
  const plain = url !== null && /^https?:$/.test(url.protocol) && [url.origin, `${url.origin}/`].includes(url.href);
  if (!plain) throw invalid("origins", `have ${JSON.stringify(origin)}, which is not like https://shop.example`);
  return url.origin;
}
