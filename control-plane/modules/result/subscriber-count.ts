import { randomUUID } from "node:crypto";
import { LockMode } from "@mikro-orm/core";
import type { Logger } from "@o2mc/runtime/log.ts";
import { TenantRow } from "../../db/entities/tenant.ts";
import { inTenant, type EntityManager, type Orm } from "../../db/orm.ts";
import { quotaExceeded } from "../tenant/quotas.ts";

const TELL_MS = 10_000;
/** what a process has told counts for as long: one that died takes its subscribers with it */
const COUNTS_SECONDS = 30;

/**
 * Counts each tenant's open subscriptions, over all control planes by the database: each tells there how many it has, anew
 * every few seconds. It tells of tenants with a quota only; what was open before a quota was set counts once its process is
 * asked for another.
 */
export class SubscriberCount {
  readonly #orm: Orm;
  readonly #log: Logger;
  readonly #process = randomUUID();
  readonly #open = new Map<string, number>();
  /** tenants of whom the database has been told */
  readonly #told = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(orm: Orm, log: Logger) {
    this.#orm = orm;
    this.#log = log;
    this.#timer = setInterval(() => {
      for (const tenant of this.#told) void this.#tellLater(tenant);
    }, TELL_MS).unref();
  }

  /** The events, as one more subscription until they end; throws QUOTA_EXCEEDED when the tenant has as many as it may have. */
  async count<T>(
    tenant: string,
    limit: number | undefined,
    open: () => Promise<AsyncIterable<T>>,
  ): Promise<AsyncIterableIterator<T>> {
    if (limit === undefined) this.#add(tenant, 1);
    else await this.#enter(tenant, limit);
    let counted = true;
    const leave = (): void => {
      if (!counted) return;
      counted = false;
      this.#add(tenant, -1);
      if (this.#told.has(tenant)) void this.#tellLater(tenant);
    };
    try {
      return released((await open())[Symbol.asyncIterator](), leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** What is still open is nobody's any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#open.clear();
    await Promise.all([...this.#told].map((tenant) => this.#tellLater(tenant)));
  }

  /** One more, unless the tenant has as many as it may have. */
  async #enter(tenant: string, limit: number): Promise<void> {
    let entered = false;
    try {
      await this.#inTurn(tenant, async (em) => {
        const [others] = await em.execute<{ open: number }[]>(
          `select coalesce(sum(open), 0)::integer as open from subscriber_counts
           where process <> ? and seen_at > now() - make_interval(secs => ?)`,
          [this.#process, COUNTS_SECONDS],
        );
        if ((this.#open.get(tenant) ?? 0) + (others?.open ?? 0) >= limit) throw quotaExceeded("subscribers", limit);
        this.#add(tenant, 1);
        entered = true;
        this.#told.add(tenant);
        await this.#tell(em, tenant);
      });
    } catch (error) {
      if (entered) this.#add(tenant, -1);
      throw error;
    }
  }

  /** By the lock of the tenant's row: of two who are about to take the last place one comes first, and what is told is new. */
  async #inTurn(tenant: string, work: (em: EntityManager) => Promise<void>): Promise<void> {
    await inTenant(this.#orm, tenant, async (em) => {
      await em.findOne(TenantRow, { id: tenant }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      await work(em);
    });
  }

  #add(tenant: string, change: 1 | -1): void {
    const open = (this.#open.get(tenant) ?? 0) + change;
    if (open > 0) this.#open.set(tenant, open);
    else this.#open.delete(tenant);
  }

  /** Never rejects: what went wrong is put right the next time. */
  async #tellLater(tenant: string): Promise<void> {
    try {
      await this.#inTurn(tenant, (em) => this.#tell(em, tenant));
    } catch (error) {
      this.#log.warn({ err: error, tenant }, "the open subscriptions of a tenant cannot be told");
    }
  }

  async #tell(em: EntityManager, tenant: string): Promise<void> {
    const open = this.#open.get(tenant) ?? 0;
    if (open === 0) this.#told.delete(tenant);
    await em.execute(
      open === 0
        ? "delete from subscriber_counts where tenant = ? and process = ?"
        : `insert into subscriber_counts (tenant, process, open, seen_at) values (?, ?, ?, now())
           on conflict (tenant, process) do update set open = excluded.open, seen_at = excluded.seen_at`,
      open === 0 ? [tenant, this.#process] : [tenant, this.#process, open],
    );
  }
}

function released<T>(events: AsyncIterator<T>, leave: () => void): AsyncIterableIterator<T> {
  return {
    next: async () => {
      try {
        const item = await events.next();
        if (item.done === true) leave();
        return item;
      } catch (error) {
        leave();
        throw error;
      }
    },
    return: async () => {
      leave();
      return (await events.return?.()) ?? { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
