import { addToBasket, drawBasket, showBasketCount } from "./basket.ts";
import { startConsentBanner } from "./consent-banner.ts";

/** Pages are swapped in place, so that a refusal, which is stored nowhere, holds from page to page. */
async function visit(href: string, remember: boolean): Promise<void> {
  try {
    const response = await fetch(href);
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = next.querySelector("main");
    const present = document.querySelector("main");
    if (!main || !present) throw new Error("not a page of the shop");
    if (remember) history.pushState(null, "", href);
    document.title = next.title;
    present.replaceWith(document.adoptNode(main));
    window.scrollTo(0, 0);
    document.querySelector("main")?.focus({ preventScroll: true });
    prepare();
  } catch {
    location.href = href;
  }
}

function prepare(): void {
  showBasketCount();
  const basket = document.getElementById("basket");
  if (basket) void drawBasket(basket);
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const sku = target?.closest<HTMLElement>("[data-add]")?.dataset["add"];
  if (sku) {
    addToBasket(sku);
    const status = document.querySelector(".added");
    if (status) status.textContent = "In your basket.";
    return;
  }
  const link = target?.closest("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
  if (link.pathname === location.pathname && link.hash) return;
  event.preventDefault();
  void visit(link.href, link.href !== location.href);
});
addEventListener("popstate", () => void visit(location.href, false));

prepare();
startConsentBanner();
