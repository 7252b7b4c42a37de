import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import { BUCKETS, token } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";

/** The stored consent of an application's subjects, kept up to date in memory while somebody looks at its results. */
export interface ConsentWatch {
  /**
   * Whether the stored consent permits these purposes. A subject without a stored state was permitted at the gate by its
   * event's own claim.
   */
  permits(subjectKey: string, purposes: readonly string[]): boolean;
  release(): void;
}

interface Shared {
  readonly purposes: Map<string, readonly string[]>;
  readonly ready: Promise<void>;
  users: number;
  stop: () => void;
}

const shared = new WeakMap<TenantConnection, Map<string, Shared>>();

/** Resolves once every stored state is known; rejects when the store can't be read: then nothing may be shown. */
export async function watchConsent(connection: TenantConnection, application: string): Promise<ConsentWatch> {
  let watches = shared.get(connection);
  if (watches === undefined) shared.set(connection, (watches = new Map()));
  let watch = watches.get(application);
  if (watch === undefined) watches.set(application, (watch = start(connection, application)));
  const { purposes: states } = watch;
  watch.users += 1;
  let released = false;
  const release = (): void => {
    if (released) return;
    released = true;
    if (--watch.users > 0) return;
    watch.stop();
    if (watches.get(application) === watch) watches.delete(application);
  };
  try {
    await watch.ready;
  } catch (error) {
    release();
    throw error;
  }
  return {
    permits: (subjectKey, purposes) => {
      const state = states.get(subjectKey);
      return state === undefined || purposes.every((purpose) => state.includes(purpose));
    },
    release,
  };
}

function start({ js }: TenantConnection, application: string): Shared {
  const states = new Map<string, readonly string[]>();
  const watch: Shared = { purposes: states, users: 0, stop: () => undefined, ready: open() };
  return watch;

  async function open(): Promise<void> {
    const prefix = `$KV.${BUCKETS.consent}.${token(application)}.`;
    const consumer = await js.consumers.getPushConsumer(`KV_${BUCKETS.consent}`, {
      filter_subjects: [`${prefix}>`],
      deliver_policy: "last_per_subject",
    });
    const { num_pending: pending } = await consumer.info(true);
    await new Promise<void>((resolve, reject) => {
      if (pending === 0) resolve();
      consumer
        .consume({
          callback: (message) => {
            const subjectKey = message.subject.slice(prefix.length);
            if (message.data.length === 0) states.delete(subjectKey);
            else states.set(subjectKey, message.json<ConsentState>().purposes);
            if (message.info.pending === 0) resolve();
          },
        })
        .then((messages) => {
          watch.stop = () => messages.stop();
          // everybody let go while it was opening
          if (watch.users === 0) watch.stop();
        }, reject);
    });
  }
}
