export type Row = Readonly<Record<string, unknown>>;

/** A column by its path, however the output writes it: `page.path`, `page_path`, `$type`. */
export function column(row: Row, ...paths: readonly string[]): string | undefined {
  for (const path of paths) {
    for (const name of [path, path.replaceAll(".", "_"), `$${path}`]) {
      const value = row[name];
      if (typeof value === "string" && value !== "") return value;
      if (typeof value === "number" || typeof value === "boolean") return String(value);
    }
  }
  return undefined;
}

/** Pseudonym of the visitor, where the output has a column for it; the id of a session begins with its subject key. */
export function visitorOf(row: Row): string | undefined {
  const named = column(row, "visitor", "subjectKey", "subject");
  return named ?? /^([\w-]{22})-[0-9a-z]+$/.exec(column(row, "id") ?? "")?.[1];
}

/** Epoch milliseconds, from a number or an RFC 3339 text. */
export function timeOf(row: Row, ...paths: readonly string[]): number | undefined {
  const text = column(row, ...paths);
  if (text === undefined) return undefined;
  const time = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(time) ? time : undefined;
}

/** A colour that stays the same for one visitor. */
export function hueOf(visitor: string): number {
  let hash = 0;
  for (const sign of visitor) hash = (hash * 31 + (sign.codePointAt(0) ?? 0)) % 360_000;
  // The golden angle keeps neighbours apart.
  return Math.round(hash * 137.508) % 360;
}

export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${(seconds / 3600).toFixed(1)} h`;
}
