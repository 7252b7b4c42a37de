import { createHash } from "node:crypto";
import { ApiError } from "../../errors/api-error.ts";
import type { OutputRef } from "./result.type.ts";

/** From the first result that is still held. */
const BEGINNING = "0";
const CURSOR = /^(\d{1,15})-([A-Za-z0-9_-]{8})$/;

/**
 * The text of a cursor: its place in the tenant's results, and what it is a place of (ids are unique across tenants). A
 * place alone would pass for one of any output, and skip or repeat results without a word.
 */
export function cursorText(output: OutputRef, place: number): string {
  return `${place}-${tag(output)}`;
}

/** Throws INVALID_CURSOR for what is none, or one of another output. */
export function cursorPlace(output: OutputRef, text: string): number {
  if (text === BEGINNING) return 0;
  const [, place, of] = CURSOR.exec(text) ?? [];
  if (place === undefined || of !== tag(output)) throw new ApiError("INVALID_CURSOR");
  return Number(place);
}

function tag({ application, pipeline, output }: OutputRef): string {
  const name = JSON.stringify([application, pipeline, output]);
  return createHash("sha256").update(name).digest("base64url").slice(0, 8);
}
