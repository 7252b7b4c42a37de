import { Migration0001 } from "./0001-first.ts";

/** In order; a migration that has been released is never edited. */
export const migrations = [Migration0001];
