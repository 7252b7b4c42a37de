export interface PageData {
  readonly path: string;
  readonly title: string;
  readonly url: string;
  readonly referrer: string;
}

/** Without the fragment, which can hold tokens and never reaches a server. */
const address = (): string => location.href.split("#", 1)[0] ?? "";

/** Calls `onPage` for the present page and for each History API page after it; returns the page as it is now. */
export function watchPages(onPage: () => void): () => PageData {
  let url = address();
  let referrer = document.referrer;
  const changed = (): void => {
    // Routers set the title right after the address.
    setTimeout(() => {
      if (address() === url) return;
      referrer = url;
      url = address();
      onPage();
    });
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = function (...parameters) {
      original.apply(this, parameters);
      changed();
    };
  }
  addEventListener("popstate", changed);
  return () => ({ path: location.pathname, title: document.title, url: address(), referrer });
}

/** `<button data-o2mc-click="add-to-basket" data-sku="A1" data-price="9.50">` */
export function clickData(attributes: DOMStringMap): object {
  const { o2mcClick: name, sku, price } = attributes;
  const amount = Number(price || NaN);
  const product = { ...(sku ? { sku } : {}), ...(Number.isFinite(amount) ? { price: amount } : {}) };
  return { click: { name }, ...(Object.keys(product).length > 0 ? { product } : {}) };
}

export function watchClicks(onClick: (data: object) => void): void {
  // Capturing, so that a page's stopPropagation hides nothing; composedPath sees into open shadow roots.
  document.addEventListener(
    "click",
    (event) => {
      const target = event.composedPath()[0];
      const marked = target instanceof Element ? target.closest<HTMLElement>("[data-o2mc-click]") : null;
      if (marked) onClick(clickData(marked.dataset));
    },
    true,
  );
}
