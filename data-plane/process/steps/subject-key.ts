import { hash } from "node:crypto";
import type { Scalar } from "@o2mc/schema/events/frame.ts";

const LONGEST = 64;

/** Tells 1, "1" and true apart. Begins with `subjectPart`, whatever the cells; of bounded length beyond it. */
export function keyOf(subjectKey: string, cells: readonly Scalar[]): string {
  const text = JSON.stringify(cells);
  return subjectPart(subjectKey) + (text.length <= LONGEST ? text : hash("sha256", text, "base64url"));
}

/** No subject's is the beginning of another's: it ends where its text ends. */
export const subjectPart = (subjectKey: string): string => JSON.stringify(subjectKey);
