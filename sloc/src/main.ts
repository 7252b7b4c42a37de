import { type Consent, STORAGE_KEY, clearConsent, readConsent, writeConsent } from "./consent-store.ts";
import { type Api, type EarlyCall, runEarlyCall } from "./early-calls.ts";
import { type SendToSource, type SiteConfig, fetchConfig, insist, sender } from "./edge.ts";
import { identifier } from "./identifier.ts";
import { watchClicks, watchPages } from "./page.ts";
import { permitted, watchTcf } from "./signals.ts";
import { type Session, consentPath, openSession, receipt } from "./session.ts";

type Page = Window & { o2mc?: Partial<Api> & { q?: readonly EarlyCall[] | Api["q"] } };

const MAX_WAITING = 100;

/** Until the visitor has granted something, the only request is the one for the site's configuration. */
function start(base: string, page: Page): void {
  let config: SiteConfig | undefined;
  let send: SendToSource;
  let session: Session | undefined;
  /** calls that came before the configuration */
  let waiting: (() => void)[] | undefined = [];

  /** The page must never notice a mistake of ours. */
  const guard = (action: () => void): void => {
    try {
      action();
    } catch {
      // Nothing that we could do for the page.
    }
  };
  const whenReady = (action: () => void): void => {
    if (!waiting) guard(action);
    else if (waiting.length < MAX_WAITING) waiting.push(action);
  };

  const record = (type: string, data: object, time = new Date()): void => {
    if (!session) return;
    const { subject, purposes, policyVersion, givenAt, tcf } = session.consent();
    session.add({
      id: identifier(),
      type,
      time: time.toISOString(),
      subject,
      data: { page: pageNow(), ...data },
      consent: { purposes, policyVersion, givenAt, tcf },
    });
  };
  const recordPage = (): void => guard(() => record("page.view", {}));
  const pageNow = watchPages(recordPage);

  const end = (): void => {
    session?.end();
    session = undefined;
  };
  const begin = (consent: Consent): void => {
    const first = !session;
    end();
    // Not when another tab has withdrawn meanwhile.
    const save = (next: Consent): void => {
      if (readConsent()?.givenAt === next.givenAt) writeConsent(next);
    };
    session = openSession(consent, send, save, end);
    if (first) recordPage();
  };
  /** Takes over what is stored: at start, and when another tab has granted or withdrawn. */
  const follow = (): void => {
    const stored = readConsent();
    if (!stored || !config) return end();
    // A raised policy version invalidates what was granted under the older one.
    if (stored.policyVersion < config.policyVersion) {
      clearConsent();
      return end();
    }
    const offered = permitted(config);
    // A signal was switched on since.
    if (stored.purposes.some((purpose) => !offered.includes(purpose))) return grant(stored.purposes, stored);
    if (stored.givenAt !== session?.consent().givenAt) begin(stored);
  };

  const grant = (purposes?: readonly string[], { tcf, wording }: Pick<Consent, "tcf" | "wording"> = {}): void => {
    if (!config) return;
    const { policyVersion } = config;
    const offered = permitted(config);
    const granted = purposes ? offered.filter((purpose) => purposes.includes(purpose)) : offered;
    const before = session?.consent();
    if (granted.length === 0) return withdraw();
    if (before && before.purposes.join() === granted.join() && before.tcf === tcf) return;
    const subject = (before ?? readConsent())?.subject ?? identifier();
    const givenAt = new Date().toISOString();
    const more = { ...(tcf ? { tcf } : {}), ...(wording ? { wording } : {}) };
    const consent = { subject, purposes: granted, policyVersion, givenAt, registered: false, ...more };
    writeConsent(consent);
    begin(consent);
  };
  const withdraw = (stored = readConsent()): void => {
    const subject = session?.consent().subject ?? stored?.subject;
    end();
    clearConsent();
    if (!subject || !config) return;
    const body = receipt([], config.policyVersion);
    void insist(() => send("PUT", consentPath(subject), body));
  };

  const api: Api = {
    consent: {
      grant: (purposes, wording) => whenReady(() => grant(purposes, wording ? { wording } : {})),
      withdraw: () => {
        const stored = readConsent();
        clearConsent();
        whenReady(() => withdraw(stored));
      },
      status: () => ({
        ready: !waiting,
        offered: config ? permitted(config) : [],
        granted: session?.consent().purposes ?? [],
        wordings: config?.wordings ?? [],
      }),
    },
    track: (type, data) => {
      const time = new Date();
      whenReady(() => record(type, { ...data }, time));
    },
    q: { push: (...calls) => calls.forEach((call) => whenReady(() => runEarlyCall(api, call))) },
  };

  const early = page.o2mc?.q;
  page.o2mc = api;
  if (Array.isArray(early)) api.q.push(...(early as EarlyCall[]));

  watchClicks((data) => guard(() => record("click", data)));
  addEventListener("storage", (event) => {
    // A null key: the whole storage was cleared.
    if (event.key === STORAGE_KEY || event.key === null) guard(follow);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) guard(follow);
  });
  addEventListener("pagehide", () => guard(() => session?.flush()));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") guard(() => session?.flush());
  });

  const ready = (loaded: SiteConfig): void => {
    config = loaded;
    send = sender(base, loaded);
    const calls = waiting ?? [];
    waiting = undefined;
    guard(follow);
    calls.forEach(guard);
    guard(() =>
      watchTcf(loaded, (meant, granted, tcString) =>
        guard(() => {
          const others = readConsent()?.purposes.filter((purpose) => !meant.includes(purpose)) ?? [];
          grant([...others, ...granted], { tcf: tcString });
        }),
      ),
    );
    document.dispatchEvent(new Event("o2mc:ready"));
  };
  fetchConfig(base).then(
    (loaded) => loaded && ready(loaded),
    () => undefined,
  );
}

const script = document.currentScript;
const page = window as Page;
// A second copy of the line does nothing.
if (script instanceof HTMLScriptElement && !page.o2mc?.consent) {
  const base = new URL(".", script.src).href;
  const prerendered = document as Document & { prerendering?: boolean };
  const begin = (): void => {
    try {
      start(base, page);
    } catch {
      // The page goes on without us.
    }
  };
  // A prerendered page may never be seen by anyone.
  if (prerendered.prerendering) document.addEventListener("prerenderingchange", begin, { once: true });
  else begin();
}
