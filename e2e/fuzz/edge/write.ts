import { tcString, type TcfFacts } from "./tc-string.ts";
import type { ClaimFacts, EventFacts, RequestFacts, ValueFacts } from "./world.ts";

const INVALID_TCF = "CQSbk4AQSbk4";

/** The body of a request that is sent at `now`. */
export function bodyOf({ form, space, events }: RequestFacts, now: number): string {
  const texts = events.map((event) => eventText(event, form === "lines" ? space.replace("\n", " ") : space, now));
  return form === "lines" ? texts.join("\n") : `[${texts.join(",")}]`;
}

const eventText = (event: EventFacts, space: string, now: number): string =>
  `{${event.map(([name, value]) => `${space}${JSON.stringify(name)}:${space}${valueText(value, now)}`).join(",")}}`;

function valueText(value: ValueFacts, now: number): string {
  if ("json" in value) return JSON.stringify(value.json);
  if ("age" in value) return JSON.stringify(timeText(now - value.age));
  return JSON.stringify(claimValue(value.claim, now));
}

const timeText = (ms: number): string => new Date(ms).toISOString();
const tcfText = (tcf: TcfFacts | "invalid"): string => (tcf === "invalid" ? INVALID_TCF : tcString(tcf));

function claimValue(claim: ClaimFacts, now: number): unknown {
  const { as, purposes, level, policyVersion, age, tcf, gpc, dnt, extra, wording } = claim;
  const given = age === undefined ? "yesterday" : timeText(now - age);
  const said = tcf === undefined ? undefined : tcfText(tcf);
  if (as === "object") {
    return {
      purposes,
      policyVersion,
      givenAt: given,
      level,
      tcf: said,
      gpc,
      dnt,
      wording,
      ...(extra && { note: "x" }),
    };
  }
  const flag = (on: boolean | undefined): string | undefined => (on === undefined ? undefined : on ? "1" : "0");
  const parts = {
    v: String(policyVersion),
    given,
    purposes: purposes?.join("+"),
    level,
    tcf: said,
    gpc: flag(gpc),
    dnt: flag(dnt),
    wording,
    ...(extra && { note: "x" }),
  };
  return Object.entries(parts)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join(";");
}
