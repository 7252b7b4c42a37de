import type { Wording } from "./edge.ts";

/** Pages may call before the snippet is here: `(window.o2mc ||= { q: [] }).q.push(["track", "type", {}])` or a function. */
export type EarlyCall = ((api: Api) => void) | readonly [name: string, ...parameters: unknown[]];

export interface Api {
  readonly consent: {
    /** without purposes: all that the site asks for; `wording`: id of the text that the page has shown */
    readonly grant: (purposes?: readonly string[], wording?: string) => void;
    readonly withdraw: () => void;
    readonly status: () => ConsentStatus;
  };
  readonly track: (type: string, data?: object) => void;
  readonly q: { readonly push: (...calls: EarlyCall[]) => void };
}

export interface ConsentStatus {
  /** false until the site's configuration is here */
  readonly ready: boolean;
  readonly offered: readonly string[];
  readonly granted: readonly string[];
  /** the texts that the site's policy has for its banner */
  readonly wordings: readonly Wording[];
}

/** A page's own function runs in a turn of its own, so that its errors stay the page's and stop nothing here. */
export function runEarlyCall(api: Api, call: EarlyCall): void {
  if (typeof call === "function") {
    setTimeout(call, 0, api);
    return;
  }
  const [name, first, second] = call;
  if (name === "track") api.track(String(first), second as object);
  if (name === "consent.grant") api.consent.grant(first as string[] | undefined, second as string | undefined);
  if (name === "consent.withdraw") api.consent.withdraw();
}
