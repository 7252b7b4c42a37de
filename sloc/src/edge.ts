/** A text of the site's policy, in one language, that a banner may show. */
export interface Wording {
  readonly id: string;
  readonly language: string;
  readonly text: string;
  readonly purposes: readonly { readonly name: string; readonly text: string }[];
}

/** What the edge serves for the page's origin. */
export interface SiteConfig {
  readonly source: string;
  readonly writeKey: string;
  readonly policyVersion: number;
  readonly purposes: readonly string[];
  readonly wordings?: readonly Wording[];
  /** the purposes among them that a signal of the browser denies */
  readonly denied?: { readonly gpc: readonly string[]; readonly dnt: readonly string[] };
  /** by purpose: what a TCF consent tool must grant for it */
  readonly tcf?: Readonly<Record<string, { readonly purposes: readonly number[]; readonly vendor: number | null }>>;
}

/** `again`: worth another try, at the earliest after `afterMs`. */
export interface Answer {
  readonly ok: boolean;
  readonly again: boolean;
  readonly afterMs: number;
  readonly response?: Response;
}

/** Sends under the source's address; never throws. */
export type SendToSource = (
  method: "PUT" | "POST",
  path: string,
  body: string,
  signal?: AbortSignal,
) => Promise<Answer>;

const CONFIG_ATTEMPTS = 6;
const MAX_BACKOFF_MS = 60_000;

/** No cookies and no referrer: a request holds what its body says and nothing else. `keepalive` outlives the page. */
export async function request(url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer", ...init });
    return {
      ok: response.ok,
      again: response.status === 429 || response.status >= 500,
      afterMs: (Number(response.headers.get("retry-after")) || 0) * 1000,
      response,
    };
  } catch {
    return { ok: false, again: true, afterMs: 0 };
  }
}

/** Doubles from one second to a minute, with up to half of it random so that many pages do not come back at once. */
export function backoffMs(attempt: number, random: number): number {
  return Math.min(1000 * 2 ** attempt, MAX_BACKOFF_MS) * (0.5 + random / 2);
}

export function sender(base: string, config: SiteConfig): SendToSource {
  return (method, path, body, signal) =>
    request(`${base}v1/sources/${encodeURIComponent(config.source)}/${path}`, {
      method,
      body,
      keepalive: true,
      headers: { authorization: `Bearer ${config.writeKey}`, "content-type": "application/json" },
      ...(signal ? { signal } : {}),
    });
}

/** Tries until the edge has answered for good, a limited number of times. */
export async function insist(call: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await call();
    if (!answer.again || attempt >= CONFIG_ATTEMPTS) return answer;
    const wait = Math.max(answer.afterMs, backoffMs(attempt, Math.random()));
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

export async function fetchConfig(base: string): Promise<SiteConfig | undefined> {
  const { ok, response } = await insist(() => request(`${base}v1/sites/config`, {}));
  return ok && response ? ((await response.json()) as SiteConfig) : undefined;
}
