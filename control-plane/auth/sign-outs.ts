import { z } from "zod";
import type { Logger } from "@o2mc/runtime/log.ts";
import { listen } from "../db/listen.ts";
import { asSignOuts, type Orm } from "../db/orm.ts";
import { ApiError } from "../errors/api-error.ts";
import type { Actor } from "./actor.ts";
import type { SignOut } from "./logout-token.ts";

const CHANNEL = "sign_outs";
/** longer than an access token counts, and than a logout token can be replayed */
const KEEP_SECONDS = 86_400;

const Ended = z.object({ sid: z.string().nullable(), sub: z.string().nullable(), at: z.number() });
type Ended = z.infer<typeof Ended>;

interface Watch {
  readonly actor: Actor;
  readonly end: () => void;
}

/**
 * The sessions that the issuer has told to have ended. The database has them, keyed by the logout token, so that none counts
 * twice; each control plane knows them by heart, and is notified of another's.
 */
export class SignOuts {
  readonly #orm: Orm;
  readonly #log: Logger;
  /** `sid …` or `sub …`, in the order in which they were heard → until when tokens were issued (epoch s), when heard (epoch ms) */
  readonly #ended = new Map<string, { readonly at: number; readonly heard: number }>();
  readonly #watches = new Set<Watch>();
  #unlisten: (() => Promise<void>) | undefined;

  private constructor(orm: Orm, log: Logger) {
    this.#orm = orm;
    this.#log = log;
  }

  /** Knows what was stored before it resolves. `databaseUrl`: of the role that owns nothing. */
  static async open(orm: Orm, log: Logger, databaseUrl: string): Promise<SignOuts> {
    const signOuts = new SignOuts(orm, log);
    await signOuts.#load();
    signOuts.#unlisten = listen(databaseUrl, CHANNEL, (said) => void signOuts.#heard(said));
    return signOuts;
  }

  /** Ends the session here before it resolves, and at every other control plane; throws LOGOUT_TOKEN_INVALID for a replay. */
  async add({ jti, of, at }: SignOut): Promise<void> {
    const ended: Ended = { sid: null, sub: null, ...of, at };
    const fresh = await asSignOuts(this.#orm, async (em) => {
      await em.execute("delete from sign_outs where stored_at < now() - make_interval(secs => ?)", [KEEP_SECONDS]);
      const rows = await em.execute<unknown[]>(
        `insert into sign_outs (jti, sid, sub, at) values (?, ?, ?, to_timestamp(?))
         on conflict (jti) do nothing returning jti`,
        [jti, ended.sid, ended.sub, at],
      );
      if (rows.length > 0) await em.execute("select pg_notify(?, ?)", [CHANNEL, JSON.stringify(ended)]);
      return rows.length > 0;
    });
    if (!fresh) throw new ApiError("LOGOUT_TOKEN_INVALID");
    this.#log.info({ jti }, "the issuer has ended a session");
    this.#end(ended);
  }

  /** Whether the session that the actor's token is from has ended. */
  covers(actor: Actor): boolean {
    if (actor.kind === "machine") return false;
    const { sid, issuedAt } = actor.session;
    const until = (key: string): number => this.#ended.get(key)?.at ?? -Infinity;
    return issuedAt <= Math.max(until(`sub ${actor.id}`), sid === null ? -Infinity : until(`sid ${sid}`));
  }

  /** Calls `end` once the actor's session ends, at once when it has; returns what leaves it. */
  watch(actor: Actor, end: () => void): () => void {
    const watch: Watch = { actor, end };
    this.#watches.add(watch);
    if (this.covers(actor)) end();
    return () => this.#watches.delete(watch);
  }

  async stop(): Promise<void> {
    await this.#unlisten?.();
  }

  async #heard(said: string | undefined): Promise<void> {
    try {
      if (said === undefined) await this.#load();
      else this.#end(Ended.parse(JSON.parse(said)));
    } catch (error) {
      this.#log.warn({ err: error }, "a sign-out could not be read; the issuer is asked about its tokens as ever");
    }
  }

  async #load(): Promise<void> {
    const rows = await asSignOuts(this.#orm, (em) =>
      em.execute<Ended[]>(
        `select sid, sub, extract(epoch from at)::float8 as at from sign_outs
         where stored_at > now() - make_interval(secs => ?) order by stored_at`,
        [KEEP_SECONDS],
      ),
    );
    for (const row of rows) this.#end(row);
  }

  #end({ sid, sub, at }: Ended): void {
    const key = sid === null ? `sub ${sub}` : `sid ${sid}`;
    const known = this.#ended.get(key)?.at ?? at;
    this.#ended.delete(key);
    this.#ended.set(key, { at: Math.max(known, at), heard: Date.now() });
    for (const [oldest, { heard }] of this.#ended) {
      if (heard > Date.now() - KEEP_SECONDS * 1000) break;
      this.#ended.delete(oldest);
    }
    for (const { actor, end } of this.#watches) if (this.covers(actor)) end();
  }
}
