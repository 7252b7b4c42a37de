/** The token of an `Authorization: Bearer …` value; null when there is none. */
export function bearerToken(header: unknown): string | null {
  if (typeof header !== "string") return null;
  return /^Bearer ([^\s]+)$/i.exec(header)?.[1] ?? null;
}
