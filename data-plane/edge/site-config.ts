import type { IncomingHttpHeaders } from "node:http";
import type { Purpose } from "@o2mc/schema/consent/policy.ts";
import { defaultSignals } from "@o2mc/schema/consent/signals.ts";
import { Problem } from "./problem.ts";
import type { DeployedAt, Registry } from "./registry.ts";

/** The web source of the page that asks, known by its Origin or, on a plain GET, its Referer. Throws a Problem. */
export function siteOf(registry: Registry, headers: IncomingHttpHeaders): DeployedAt {
  const origin = headers.origin ?? originOf(headers.referer);
  const site = origin === undefined ? undefined : registry.webSource(origin);
  if (site === undefined) throw new Problem("unknown-site");
  return site;
}

/** What the snippet starts from. The write key of a web source is public: any visitor of the page could read it. */
export function siteConfig({ plan }: DeployedAt): object {
  const { policy } = plan.application.deployment;
  // the visitor is asked for what rests on consent; other legal bases are not theirs to give
  const asked = policy.purposes.filter(({ legalBasis }) => legalBasis === "consent");
  return {
    source: plan.source.id,
    writeKey: plan.source.publicWriteKey,
    policyVersion: policy.version,
    purposes: asked.map(({ name }) => name),
    descriptions: Object.fromEntries(asked.map(({ name, description }) => [name, description])),
    denied: { gpc: deniedBy("gpc", asked), dnt: deniedBy("dnt", asked) },
    tcf: Object.fromEntries(asked.flatMap(({ name, signals }) => (signals?.tcf == null ? [] : [[name, signals.tcf]]))),
    levels: policy.levels ?? [],
    wordings: policy.wordings ?? [],
  };
}

const deniedBy = (signal: "gpc" | "dnt", purposes: readonly Purpose[]): readonly string[] =>
  purposes
    .filter(({ legalBasis, signals = defaultSignals(legalBasis) }) => signals[signal] === "deny")
    .map(({ name }) => name);

const originOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
