import { Migration0001 } from "./0001-first.ts";
import { Migration0002 } from "./0002-site-origins.ts";

/** In order; a migration that has been released is never edited. */
export const migrations = [Migration0001, Migration0002];
