import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "@o2mc/runtime/log.ts";
import { watchBucket } from "@o2mc/runtime/watch-bucket.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import { readConsentState } from "@o2mc/schema/consent/read-state.ts";
import { BUCKETS, consentCopy, consentKey, token } from "@o2mc/schema/subjects.ts";

/** The stored consent of a tenant's subjects, or of one application's, followed in memory. Use nothing of it while it is not `complete`. */
export interface ConsentStates {
  /** false = the store is not read yet or the connection is lost: whoever asks must fail closed */
  readonly complete: boolean;
  /** resolves at the first time that it is complete */
  readonly ready: Promise<void>;
  get(application: string, subjectKey: string): ConsentState | undefined;
  /** the store's, of what is known of the subject; 0 = nothing is */
  revision(application: string, subjectKey: string): number;
  /** what this process itself has stored under `key` counts at once, before the store tells of it */
  learn(key: string, state: ConsentState, revision: number): void;
  stop(): void;
}

/** Of one application where that is named: a lane may read no other. */
export function watchConsent(nats: NatsConnection, log: Logger, application?: string): ConsentStates {
  const states = new Map<string, { readonly state: ConsentState; revision: number }>();
  const learn = (key: string, state: ConsentState, revision: number): void => {
    const known = states.get(key);
    // the store's news of an older state must not undo a newer one
    if (known === undefined || known.revision < revision) states.set(key, { state, revision });
  };
  let resolveReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (resolveReady = resolve));
  let complete = false;
  const watch = watchBucket(
    nats,
    BUCKETS.consent,
    {
      put: (key, value, revision) => learn(key, readConsentState(value), revision),
      gone: (key) => states.delete(key),
      complete: () => {
        complete = true;
        resolveReady();
      },
      stale: () => {
        complete = false;
        // a hub that has lost its data counts revisions from 1 again: what is read next counts, whatever its number
        for (const known of states.values()) known.revision = 0;
      },
    },
    log,
    application === undefined ? {} : { keys: `${token(application)}.>`, copy: consentCopy(application) },
  );
  return {
    get complete() {
      return complete;
    },
    ready,
    get: (application, subjectKey) => states.get(consentKey(application, subjectKey))?.state,
    revision: (application, subjectKey) => states.get(consentKey(application, subjectKey))?.revision ?? 0,
    learn,
    stop: () => {
      complete = false;
      watch.stop();
    },
  };
}
