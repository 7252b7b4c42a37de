import type { IncomingMessage } from "node:http";
import { verifySignature } from "./signature.ts";

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_ROWS = 100_000;

interface HookReceiver {
  /** reads, verifies and counts one delivery */
  readonly receive: (request: IncomingMessage) => Promise<{ readonly status: number; readonly code?: string }>;
  /** `rows` that came, distinct `ids` among them, and `duplicates`: rows whose id had come in another delivery */
  readonly counts: () => { readonly rows: number; readonly ids: number; readonly duplicates: number };
}

interface HookRow {
  readonly id: string;
  /** the subject that it is about, as this delivery knows it */
  readonly subject_key?: string | null;
}

/** A customer's webhook receiver as it should be: checks the signature, knows a repeated delivery, keeps rows by id, forgets whom it is told to. */
export function createHookReceiver(secret: string, now: () => number = Date.now): HookReceiver {
  const deliveries = new Set<string>();
  const rows = new Map<string, HookRow>();
  let received = 0;
  let duplicates = 0;

  const count = (row: HookRow): void => {
    received++;
    if (rows.has(row.id)) duplicates++;
    rows.set(row.id, row);
    forgetOldest(rows);
  };

  return {
    async receive(request) {
      const body = await readBody(request);
      if (body === undefined) return { status: 413, code: "too-large" };
      const id = verifySignature(secret, request.headers, body, now());
      if (id === undefined) return { status: 401, code: "bad-signature" };
      const erased = parseErasure(body);
      if (erased !== undefined) {
        for (const [key, row] of rows) if (row.subject_key === erased) rows.delete(key);
        return { status: 200 };
      }
      const batch = parseRows(body);
      if (batch === undefined) return { status: 400, code: "not-rows" };
      // Sent again because our answer was lost: the same delivery, not double rows.
      if (!deliveries.has(id)) batch.forEach(count);
      deliveries.add(id);
      forgetOldest(deliveries);
      return { status: 200 };
    },
    counts: () => ({ rows: received, ids: rows.size, duplicates }),
  };
}

/** A JSON array of rows, or `{"rows": […]}`. */
function parseRows(body: Buffer): readonly HookRow[] | undefined {
  try {
    const value = JSON.parse(body.toString("utf8")) as { readonly rows?: unknown } | null;
    const rows = Array.isArray(value) ? value : value?.rows;
    const isRow = (row: unknown): boolean => typeof (row as { id?: unknown } | null)?.id === "string";
    return Array.isArray(rows) && rows.every(isRow) ? (rows as HookRow[]) : undefined;
  } catch {
    return undefined;
  }
}

/** The subject to forget; undefined when the message is none of that kind. */
function parseErasure(body: Buffer): string | undefined {
  try {
    const value = JSON.parse(body.toString("utf8")) as {
      readonly type?: unknown;
      readonly subject_key?: unknown;
    } | null;
    return value?.type === "erasure" && typeof value.subject_key === "string" ? value.subject_key : undefined;
  } catch {
    return undefined;
  }
}

/** Sets and maps keep the order of insertion. */
function forgetOldest(kept: Set<string> | Map<string, object>): void {
  const oldest = kept.size > MAX_ROWS ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
