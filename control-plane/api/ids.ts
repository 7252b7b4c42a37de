import { randomBytes } from "node:crypto";

type Prefix =
  "app" | "pol" | "src" | "key" | "al" | "pl" | "plv" | "apr" | "dst" | "dlv" | "tok" | "inv" | "era" | "erp";

/** A new id; usable as one NATS subject token. */
export const newId = (prefix: Prefix): string => `${prefix}_${randomBytes(10).toString("hex")}`;
