interface ConsentApi {
  readonly grant: () => void;
  readonly withdraw: () => void;
  readonly status: () => { readonly ready: boolean; readonly offered: string[]; readonly granted: string[] };
}

interface SnippetApi {
  readonly consent: ConsentApi;
}

/** The page's own stub: the snippet runs what is in `q` when it is here. */
function whenSnippetIsHere(action: (api: SnippetApi) => void): void {
  type Calls = { push: (call: (api: SnippetApi) => void) => unknown };
  const page = window as Window & { o2mc?: { q: Calls } };
  const snippet = (page.o2mc ??= { q: [] as ((api: SnippetApi) => void)[] });
  snippet.q.push(action);
}

/** Asks once a page load until there is an answer. A refusal is not stored either: it holds until the shop is loaded anew. */
export function startConsentBanner(): void {
  const part = (id: string): HTMLElement => {
    const element = document.getElementById(id);
    if (!element) throw new Error(`the page has no ${id}`);
    return element;
  };
  const banner = part("consent");
  const settings = part("privacy-settings");
  let consent: ConsentApi | undefined;

  const show = (): void => {
    const { offered, granted } = consent?.status() ?? { offered: [], granted: [] };
    part("consent-purposes").textContent = offered.length > 0 ? `, for ${offered.join(" and ")}` : "";
    part("consent-state").textContent =
      granted.length > 0
        ? `You have accepted ${granted.join(" and ")}. Decline to withdraw: it takes effect at once.`
        : "";
    banner.hidden = false;
  };
  const close = (): void => {
    banner.hidden = true;
  };

  part("consent-accept").addEventListener("click", () => {
    consent?.grant();
    close();
  });
  part("consent-decline").addEventListener("click", () => {
    consent?.withdraw();
    close();
  });
  const open = (event: Event): void => {
    event.preventDefault();
    show();
    part("consent-decline").focus();
  };
  settings.addEventListener("click", open);
  settings.addEventListener("keydown", (event) => {
    if (event.key === " ") open(event);
  });
  banner.addEventListener("keydown", (event) => {
    // Esc gives no answer; it only puts the settings away.
    if (event.key !== "Escape") return;
    close();
    settings.focus();
  });

  whenSnippetIsHere((api) => {
    consent = api.consent;
    if (consent.status().granted.length === 0) show();
  });
}
