import { logo } from "../pictures.ts";
import { escapeHtml } from "./escape.ts";

/** Without the one line: watching visitors is not a visit. */
export const livePage = (graphqlUrl: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Live · Kiln &amp; Loom</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/live.css">
<script defer src="/live.js"></script>
</head>
<body>
<header>
<a class="brand" href="/">${logo}<span>Kiln &amp; Loom <em>live</em></span></a>
<p id="state" class="state" role="status" data-state="waiting">Connecting</p>
</header>
<main>
<section class="counters" aria-label="Counters">
<div><strong id="count-events">0</strong><span>events</span></div>
<div><strong id="count-minute">0</strong><span>in the last minute</span></div>
<div><strong id="count-active">0</strong><span>visitors active now</span></div>
<div><strong id="count-sessions">0</strong><span>sessions completed</span></div>
<div class="pulse"><svg id="pulse" viewBox="0 0 240 48" preserveAspectRatio="none" aria-hidden="true"></svg><span>events per second, last minute</span></div>
</section>
<section class="panel" aria-labelledby="events-title">
<h1 id="events-title">Events</h1>
<ol id="events" class="rows"></ol>
<p class="empty" id="events-empty">Nothing yet. Open the <a href="/" target="shop">shop</a>, accept, and look around: what you do there appears here.</p>
</section>
<section class="panel" aria-labelledby="active-title">
<h2 id="active-title">Active visitors</h2>
<ol id="active" class="rows"></ol>
<p class="empty" id="active-empty">No one has consented and clicked in the last five minutes.</p>
<h2 id="sessions-title">Completed sessions</h2>
<ol id="sessions" class="rows" aria-labelledby="sessions-title"></ol>
<p class="empty" id="sessions-empty">A session completes when its visitor has been quiet for a minute.</p>
</section>
</main>
<footer>Both lists are <code>subscription { results }</code> at <a href="${escapeHtml(graphqlUrl)}">${escapeHtml(graphqlUrl)}</a>: outputs <code>events</code> and <code>sessions</code> of the pipeline <code>live</code>.</footer>
</body>
</html>`;
