import { Migration0001 } from "./0001-first.ts";
import { Migration0002 } from "./0002-site-origins.ts";
import { Migration0003 } from "./0003-token-last-used.ts";
import { Migration0004 } from "./0004-destination-kinds.ts";
import { Migration0005 } from "./0005-policy-levels.ts";
import { Migration0006 } from "./0006-audit-chain.ts";
import { Migration0007 } from "./0007-approved-uses.ts";
import { Migration0008 } from "./0008-members.ts";
import { Migration0009 } from "./0009-quotas-and-rotation.ts";
import { Migration0010 } from "./0010-erasures.ts";
import { Migration0011 } from "./0011-wordings.ts";
import { Migration0012 } from "./0012-subscriber-counts.ts";
import { Migration0013 } from "./0013-revocations.ts";
import { Migration0014 } from "./0014-key-expiry.ts";
import { Migration0015 } from "./0015-sign-outs.ts";
import { Migration0016 } from "./0016-workers.ts";
import { Migration0017 } from "./0017-alerts.ts";

/** In order; a migration that has been released is never edited. */
export const migrations = [
  Migration0001,
  Migration0002,
  Migration0003,
  Migration0004,
  Migration0005,
  Migration0006,
  Migration0007,
  Migration0008,
  Migration0009,
  Migration0010,
  Migration0011,
  Migration0012,
  Migration0013,
  Migration0014,
  Migration0015,
  Migration0016,
  Migration0017,
];
