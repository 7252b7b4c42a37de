interface Wording {
  readonly id: string;
  readonly language: string;
  readonly text: string;
  readonly purposes: readonly { readonly name: string; readonly text: string }[];
}

interface ConsentApi {
  readonly grant: (purposes?: string[], wording?: string) => void;
  readonly withdraw: () => void;
  readonly status: () => {
    readonly ready: boolean;
    readonly offered: string[];
    readonly granted: string[];
    readonly wordings: Wording[];
  };
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
  /** what the banner shows, as the policy has it: its id goes into the receipt */
  let shown: Wording | undefined;

  const show = (): void => {
    const { offered, granted, wordings } = consent?.status() ?? { offered: [], granted: [], wordings: [] };
    shown = wordings.find(({ language }) => language === document.documentElement.lang) ?? wordings[0];
    if (shown) part("consent-text").textContent = shown.text;
    const asked = offered.map((name) => shown?.purposes.find((purpose) => purpose.name === name)?.text ?? name);
    part("consent-purposes").replaceChildren(
      ...asked.map((text) => {
        const item = document.createElement("li");
        item.textContent = text;
        return item;
      }),
    );
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
    consent?.grant(undefined, shown?.id);
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
