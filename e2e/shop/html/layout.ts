import { logo } from "../pictures.ts";
import { escapeHtml } from "./escape.ts";

/** Every page of the shop. The one line of the platform is the last element of the head. */
export function shopLayout(page: { readonly title: string; readonly main: string; readonly edgeUrl: string }): string {
  const edge = page.edgeUrl.replace(/\/$/, "");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/shop.css">
<script defer src="/shop.js"></script>
<script async src="${escapeHtml(edge)}/sloc.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the goods</a>
<header class="top">
<a class="brand" href="/">${logo}<span>Kiln &amp; Loom</span></a>
<nav aria-label="Main">
<a href="/" data-o2mc-click="nav-shop">Shop</a>
<a href="/live" target="live">Live</a>
<a class="basket-link" href="/basket" data-o2mc-click="nav-basket">Basket <span id="basket-count" aria-live="polite">0</span></a>
</nav>
</header>
<main id="main" tabindex="-1">${page.main}</main>
<footer class="bottom">
<p>Kiln &amp; Loom is the demo shop of O2MC&nbsp;I/O. Nothing here is for sale.</p>
<a id="privacy-settings" href="#consent" role="button">Privacy settings</a>
</footer>
<section id="consent" class="consent" role="dialog" aria-labelledby="consent-title" aria-describedby="consent-text" hidden>
<div>
<h2 id="consent-title">May we learn from your visit?</h2>
<p id="consent-text">We would like to learn from your visit. Until you accept, nothing is sent and nothing is stored on your device.</p>
<ul id="consent-purposes"></ul>
<p id="consent-state" class="consent-state" role="status"></p>
</div>
<div class="consent-choice">
<button type="button" id="consent-decline">Decline</button>
<button type="button" id="consent-accept">Accept</button>
</div>
</section>
</body>
</html>`;
}
