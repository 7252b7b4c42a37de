import type { Logger } from "@o2mc/runtime/log.ts";
import { Rounds } from "@o2mc/runtime/rounds.ts";
import { currentPolicy } from "../api/find.ts";
import { appendAudit } from "../db/append-audit.ts";
import { DeliveryRow } from "../db/entities/delivery.ts";
import { ErasurePartRow, type ErasurePartKind } from "../db/entities/erasure-part.ts";
import { ErasureRow } from "../db/entities/erasure.ts";
import { OutboxRow } from "../db/entities/outbox.ts";
import type { PolicyRow } from "../db/entities/policy.ts";
import { listen } from "../db/listen.ts";
import { asDispatcher, inTenant, type Orm } from "../db/orm.ts";
import { OUTBOX_CHANNEL } from "../db/outbox.ts";
import type { SecretBox } from "../db/secret.ts";
import type { TenantConnection } from "../hub/connection.ts";
import type { Hub } from "../hub/hub.ts";
import { ensureAccount } from "../publish/ensure-account.ts";
import { eraseConsent } from "./erase-consent.ts";
import { eraseDelivered } from "./erase-delivered.ts";
import { eraseDeadLetters } from "./erase-dead-letters.ts";
import type { ErasePart } from "./erase-part.ts";
import { eraseState } from "./erase-state.ts";

export interface EraserOptions {
  readonly orm: Orm;
  readonly secrets: SecretBox;
  readonly hub: Hub;
  readonly log: Logger;
  /** of the role that owns nothing; used to listen */
  readonly databaseUrl: string;
}

const POLL_MS = 5_000;
const SOON_MS = 250;
const MAX_RETRY_MS = 30_000;
const MAX_ERROR = 200;

const PARTS: Readonly<Record<ErasurePartKind, ErasePart>> = {
  consent: eraseConsent,
  process: eraseState,
  destinations: eraseDelivered,
  "dead-letters": eraseDeadLetters,
};

/** Who stands in the audit log for what nobody does any more. */
const ERASER = { actor: "eraser", address: null, userAgent: null, credential: null };

interface Work {
  readonly erasure: ErasureRow;
  readonly parts: readonly ErasurePartRow[];
  readonly policy: PolicyRow;
  readonly deliveries: readonly DeliveryRow[];
}

/**
 * Drives each erasure until all of its parts are done. How far it is stands in the database, part by part; an outbox row
 * that stays open says that there is something to do. Consent goes first: what is under way stops before anything is taken out.
 */
export class Eraser {
  readonly #options: EraserOptions;
  readonly #rounds: Rounds;

  constructor(options: EraserOptions) {
    this.#options = options;
    const { databaseUrl, log } = options;
    this.#rounds = new Rounds({
      round: () => this.#round(),
      failed: (error) => log.error({ err: error }, "the erasures could not be read"),
      retryMs: POLL_MS,
      listen: (wake) => listen(databaseUrl, OUTBOX_CHANNEL, wake),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when what is under way is done. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** One look at every open erasure; returns after how many ms the next is due. */
  async #round(): Promise<number> {
    const { orm } = this.#options;
    const rows = await asDispatcher(orm, (em) =>
      em.find(OutboxRow, { doneAt: null, kind: "erasure" }, { orderBy: { id: "asc" } }),
    );
    let next = Date.now() + POLL_MS;
    // tenants wait for one another only as long as they work
    await Promise.all(
      [...new Set(rows.map(({ tenant }) => tenant))].map(async (tenant) => {
        const own = rows.filter((row) => row.tenant === tenant);
        for (const row of own) if (!this.#rounds.stopped) next = Math.min(next, await this.#advance(row));
      }),
    );
    return Math.max(50, next - Date.now());
  }

  /** Returns when (ms) the erasure is due again. */
  async #advance(row: OutboxRow): Promise<number> {
    const { orm, log } = this.#options;
    const { tenant } = row;
    const id = String(row.payload["erasure"]);
    const work = await inTenant(orm, tenant, (em) => load(em, id));
    if (work !== undefined) {
      const due = await this.#advanceParts(work);
      if (due !== undefined) return due;
      log.info({ tenant, erasure: id }, "a subject is erased");
    }
    await asDispatcher(orm, (em) => em.nativeUpdate(OutboxRow, { id: row.id }, { doneAt: new Date() }));
    return Infinity;
  }

  /** Undefined when all parts are done. */
  async #advanceParts({ erasure, parts, policy, deliveries }: Work): Promise<number | undefined> {
    const { orm, log } = this.#options;
    const { id, tenant } = erasure;
    for (const part of parts) {
      const { kind } = part;
      // what is under way stops before anything is taken out
      const withdrawn = kind === "consent" || parts.some((one) => one.kind === "consent" && one.state === "done");
      if (part.state === "done" || part.dueAt.getTime() > Date.now() || !withdrawn) continue;
      const othersDone = parts.every((other) => other === part || other.state === "done");
      try {
        const connection = await this.#connect(tenant);
        const { state, receipt } = await PARTS[kind]({ erasure, part, policy, deliveries, connection, othersDone });
        const waiting = Math.min(Math.max((Date.now() - part.createdAt.getTime()) / 10, SOON_MS), MAX_RETRY_MS);
        const doneAt = state === "done" ? new Date() : null;
        Object.assign(part, { state, receipt, doneAt, lastError: null, dueAt: new Date(Date.now() + waiting) });
      } catch (error) {
        part.attempts += 1;
        const pause = Math.min(SOON_MS * 2 ** (part.attempts - 1), MAX_RETRY_MS);
        const lastError = (error instanceof Error ? error.message : "unknown failure").slice(0, MAX_ERROR);
        Object.assign(part, { lastError, dueAt: new Date(Date.now() + pause) });
        log.warn(
          { err: error, tenant, erasure: id, part: kind, attempts: part.attempts },
          "a part of an erasure failed",
        );
      }
      const { state, attempts, lastError, receipt, dueAt, doneAt } = part;
      await inTenant(orm, tenant, (em) =>
        // two control planes may be at it: what is done stays done
        em.nativeUpdate(
          ErasurePartRow,
          { id: part.id, doneAt: null },
          { state, attempts, lastError, receipt, dueAt, doneAt },
        ),
      );
    }
    const open = parts.filter(({ state }) => state !== "done");
    if (open.length > 0) return Math.min(...open.map(({ dueAt }) => dueAt.getTime()));
    await inTenant(orm, tenant, async (em) => {
      const news = await em.nativeUpdate(ErasureRow, { id, doneAt: null }, { doneAt: new Date() });
      if (news > 0) await appendAudit(em, tenant, [{ ...ERASER, action: "erasure.done", target: id, details: {} }]);
    });
    return undefined;
  }

  async #connect(tenant: string): Promise<TenantConnection> {
    const { orm, secrets, hub } = this.#options;
    const account = await ensureAccount(orm, secrets, tenant);
    if (account === null) throw new Error("the tenant is gone");
    return hub.tenant(tenant, account.seed);
  }
}

/** Undefined when the application, and the erasure with it, is gone. */
async function load(em: Parameters<typeof currentPolicy>[0], id: string): Promise<Work | undefined> {
  const erasure = await em.findOne(ErasureRow, { id });
  if (erasure === null) return undefined;
  const policy = await currentPolicy(em, erasure.application);
  if (policy === null) return undefined;
  const parts = await em.find(ErasurePartRow, { erasure: id }, { orderBy: { createdAt: "asc", id: "asc" } });
  const deliveries = await em.find(DeliveryRow, { application: erasure.application });
  return { erasure, parts, policy, deliveries };
}
