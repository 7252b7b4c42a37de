import { invalid } from "../../api/input.ts";

const MAX_ORIGINS = 50;

/** Returns the origins as browsers send them (`https://shop.example`), each once; throws INVALID_INPUT for anything else. */
export function checkOrigins(origins: readonly string[]): string[] {
  if (origins.length > MAX_ORIGINS) throw invalid("origins", `must have at most ${MAX_ORIGINS} entries`);
  return [...new Set(origins.map(canonical))];
}

function canonical(origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : null;
  const plain = url !== null && /^https?:$/.test(url.protocol) && [url.origin, `${url.origin}/`].includes(url.href);
  if (!plain) throw invalid("origins", `have ${JSON.stringify(origin)}, which is not like https://shop.example`);
  return url.origin;
}
