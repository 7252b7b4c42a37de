import { consentRule } from "@o2mc/schema/consent/rule.ts";
import type { Deployment } from "@o2mc/schema/deployment/deployment.ts";
import type { ConsentStates } from "../../config/consent-states.ts";
import type { Recheck } from "../partition/effects.ts";

interface RecheckOptions {
  readonly states: Pick<ConsentStates, "get">;
  /** the newest deployment: a revoked grant and a new policy count at once */
  readonly deployment: () => Deployment;
  readonly lane: string;
  readonly now: () => number;
}

/** The gate decided once; what was withdrawn or revoked since is not used any more. */
export function createRecheck({ states, deployment, lane, now }: RecheckOptions): Recheck {
  let known: Deployment | undefined;
  let rule: Recheck = () => "no-lane";
  return (subjectKey, source, policy) => {
    const current = deployment();
    if (current !== known) {
      known = current;
      rule = ruleOf(current, lane, states, now);
    }
    return rule(subjectKey, source, policy);
  };
}

function ruleOf(deployment: Deployment, lane: string, states: RecheckOptions["states"], now: () => number): Recheck {
  const { application, policy } = deployment;
  const names = deployment.lanes.find(({ id }) => id === lane)?.purposes ?? [];
  const consent = consentRule(policy, names);
  const sources = new Map(
    deployment.sources.map(({ id, consentMode, grant }) => {
      // the same two owners as at the gate: without the grant a subject's own consent opens nothing either
      const covered = consentMode === "subject" || names.every((name) => grant.purposes.includes(name));
      return [id, { reason: grant.granted && covered ? undefined : "grant-revoked", consentMode }] as const;
    }),
  );
  return (subjectKey, source, admitted) => {
    const state = states.get(application, subjectKey);
    let asked = admitted;
    if (source !== undefined) {
      const known = sources.get(source);
      if (known === undefined) return "unknown-source";
      if (known.reason !== undefined) return known.reason;
      if (known.consentMode === "owner") asked = 0;
    }
    return consent.recheck(state, now(), asked);
  };
}
