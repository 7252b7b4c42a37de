import type { Logger } from "@o2mc/runtime/log.ts";
import { watchBucket } from "@o2mc/runtime/watch-bucket.ts";
import type { ConsentState } from "@o2mc/schema/consent/decision.ts";
import type { Policy } from "@o2mc/schema/consent/policy.ts";
import { readConsentState } from "@o2mc/schema/consent/read-state.ts";
import { consentRules } from "@o2mc/schema/consent/rule.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import { BUCKETS, consentKey, token } from "@o2mc/schema/subjects.ts";
import { BucketCopy } from "./bucket-copy.ts";
import type { TenantConnection } from "./connection.ts";

/** What decides whether a subscriber may see a row: the deployed policy and the stored consent of one application. */
export interface ResultConsent {
  /** Resolves once both are known, at first and again after a lost connection: until then nothing may be shown. */
  known(): Promise<void>;
  /** By the one rule that gate, process and deliver ask too; `subjectKey` undefined = the row is about nobody alone; `admitted` as in `ConsentRule`. */
  permits(subjectKey: string | undefined, purposes: readonly string[], admitted: number): boolean;
  release(): void;
}

/** Under which nobody may see anything. */
const NO_POLICY: Policy = { version: 0, purposes: [], fields: [] };

const shared = new WeakMap<TenantConnection, Map<string, Followed>>();

/** Followed once for all subscribers of the application, while there are any. */
export function resultConsent(connection: TenantConnection, application: string, log: Logger): ResultConsent {
  let applications = shared.get(connection);
  if (applications === undefined) shared.set(connection, (applications = new Map()));
  const followed = applications.get(application) ?? follow(connection, application, log);
  applications.set(application, followed);
  followed.users += 1;
  const { policies, states } = followed;
  const rule = consentRules();
  let released = false;
  return {
    known: async () => {
      while (!policies.isComplete || !states.isComplete) await Promise.all([policies.known, states.known]);
    },
    permits: (subjectKey, purposes, admitted) => {
      const stored = subjectKey === undefined ? undefined : states.get(consentKey(application, subjectKey));
      return rule(policies.get(application) ?? NO_POLICY, purposes).recheck(stored, Date.now(), admitted) === undefined;
    },
    release: () => {
      if (released) return;
      released = true;
      followed.users -= 1;
      if (followed.users > 0) return;
      followed.stop();
      applications.delete(application);
    },
  };
}

interface Followed {
  readonly policies: BucketCopy<Policy>;
  readonly states: BucketCopy<ConsentState>;
  readonly stop: () => void;
  users: number;
}

function follow({ nc }: TenantConnection, application: string, log: Logger): Followed {
  const policies = new BucketCopy(readPolicy);
  const states = new BucketCopy(readConsentState);
  const watches = [
    watchBucket(nc, BUCKETS.deployments, policies, log, { keys: token(application) }),
    watchBucket(nc, BUCKETS.consent, states, log, { keys: `${token(application)}.>` }),
  ];
  return { policies, states, users: 0, stop: () => watches.forEach((watch) => watch.stop()) };
}

function readPolicy(value: Uint8Array): Policy {
  try {
    return (JSON.parse(new TextDecoder().decode(value)) as Deployment).policy;
  } catch {
    return NO_POLICY;
  }
}
