import type { Logger } from "@o2mc/runtime/log.ts";
import { Rounds } from "@o2mc/runtime/rounds.ts";
import type { HubReader } from "../api/context.ts";
import { newId } from "../api/ids.ts";
import type { AlertRow } from "../db/entities/alert.ts";
import { ApplicationRow } from "../db/entities/application.ts";
import { SourceKeyRow } from "../db/entities/source-key.ts";
import { SourceRow } from "../db/entities/source.ts";
import { TenantRow } from "../db/entities/tenant.ts";
import { asDispatcher, inTenant, type EntityManager, type Orm } from "../db/orm.ts";
import { Silences } from "./silences.ts";
import { Stalls } from "./stalls.ts";

interface MonitorOptions {
  readonly orm: Orm;
  readonly hub: Pick<HubReader, "laneStates" | "keysUsedAt">;
  readonly log: Logger;
}

interface Found {
  readonly kind: AlertRow["kind"];
  readonly target: string;
}

/** A lane or source that is seen to move; `heard`: of a source, when it did last. Another control plane may know more of its past. */
interface Moving extends Found {
  readonly heard: string | null;
}

const LOOK_MS = 10_000;
/** before that, a lane that stands still is not known as such */
const LEARNING_MS = 150_000;

/** Looks at every tenant's lanes and sources, raises an alert where something stands still, and ends it when it moves. */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #stalls = new Stalls();
  readonly #silences = new Silences();
  /** what was found last, by application: only news is written */
  readonly #found = new Map<string, string>();
  readonly #rounds: Rounds;
  /** first look, epoch ms */
  #since: number | undefined;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#rounds = new Rounds({
      round: async () => {
        await this.look(Date.now());
        return LOOK_MS;
      },
      failed: (error) => options.log.warn({ err: error }, "lanes and sources could not be looked at"),
      retryMs: LOOK_MS,
    });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** One look at everything, at `now` (epoch ms). A tenant whose hub is away is looked at the next time. */
  async look(now: number): Promise<void> {
    const { orm, log } = this.#options;
    this.#since ??= now;
    const tenants = await asDispatcher(orm, async (em) => (await em.find(TenantRow, {})).map(({ id }) => id));
    for (const tenant of tenants) {
      if (this.#rounds.stopped) return;
      await this.#tenant(tenant, now).catch((error: unknown) => {
        log.debug({ err: error, tenant }, "a tenant's lanes and sources could not be looked at");
      });
    }
  }

  #looksFor(now: number): number {
    return now - (this.#since ?? now);
  }

  async #tenant(tenant: string, now: number): Promise<void> {
    const { orm, hub } = this.#options;
    const { applications, sources, keys } = await inTenant(orm, tenant, async (em) => ({
      applications: await em.find(ApplicationRow, {}),
      sources: await em.find(SourceRow, {}),
      keys: await em.find(SourceKeyRow, { revokedAt: null }),
    }));
    const heard = await hub.keysUsedAt(
      tenant,
      keys.map(({ hash }) => hash),
    );
    for (const { id } of applications) {
      const found: Found[] = [];
      const moving: Moving[] = [];
      const known: string[] = [];
      for (const { lane, partitions } of await hub.laneStates(tenant, id)) {
        const stalled = partitions.filter((one) => this.#stalls.look(`${id}/${lane.id}/${one.partition}`, one, now));
        const target = lane.id;
        known.push(target);
        if (stalled.length > 0) found.push({ kind: "lane-stalled", target });
        else if (partitions.every(({ waiting }) => waiting === 0) || this.#looksFor(now) > LEARNING_MS) {
          moving.push({ kind: "lane-stalled", target, heard: null });
        }
      }
      for (const { id: source } of sources.filter(({ application }) => application === id)) {
        const uses = keys.flatMap((key) => (key.source === source ? (heard.get(key.hash)?.getTime() ?? []) : []));
        known.push(source);
        if (uses.length === 0) continue;
        const heardAt = Math.max(...uses);
        if (this.#silences.look(source, heardAt, now)) found.push({ kind: "source-silent", target: source });
        else moving.push({ kind: "source-silent", target: source, heard: new Date(heardAt).toISOString() });
      }
      const text = JSON.stringify([found, moving, known]);
      // what goes on is told again: another control plane may have taken it for over
      if (found.length === 0 && this.#found.get(id) === text) continue;
      await inTenant(orm, tenant, (em) => store(em, tenant, id, { found, moving, known }));
      this.#found.set(id, text);
    }
  }
}

/** Raises what is new and ends what is over: what is seen to move, and what is no more. */
async function store(
  em: EntityManager,
  tenant: string,
  application: string,
  {
    found,
    moving,
    known,
  }: { readonly found: readonly Found[]; readonly moving: readonly Moving[]; readonly known: readonly string[] },
): Promise<void> {
  for (const { kind, target } of found) {
    await em.execute(
      `insert into alerts (id, tenant, application, kind, target, raised_at) values (?, ?, ?, ?, ?, now())
       on conflict (tenant, application, kind, target) where ended_at is null do nothing`,
      [newId("al"), tenant, application, kind, target],
    );
  }
  await em.execute(
    `update alerts set ended_at = now() where application = ? and ended_at is null
     and (not exists (select from jsonb_array_elements_text(?::jsonb) as k where k = alerts.target)
       or exists (select from jsonb_to_recordset(?::jsonb) as m (kind text, target text, heard timestamptz)
         where m.kind = alerts.kind and m.target = alerts.target
         and (m.heard is null or m.heard > alerts.raised_at)))`,
    [application, JSON.stringify(known), JSON.stringify(moving)],
  );
}
