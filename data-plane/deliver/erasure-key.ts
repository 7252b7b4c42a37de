import { createHmac } from "node:crypto";

const LENGTH = 22;

/**
 * How a delivery's destination knows a subject: another key at each delivery, so that what is at two destinations, for two
 * purposes perhaps, can't be joined by it.
 */
export const erasureKey = (delivery: string, subjectKey: string): string =>
  createHmac("sha256", subjectKey).update(`delivery ${delivery}`).digest("base64url").slice(0, LENGTH);
