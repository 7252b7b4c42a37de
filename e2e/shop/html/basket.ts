/** The lines are drawn by the page itself: what is in the basket is known in the browser only. */
export const basketPage = (): string => `<h1>Your basket</h1>
<div id="basket"><p class="lead">Nothing in it yet.</p></div>
<a class="button quiet" href="/" data-o2mc-click="continue-shopping">Back to the shelf</a>`;
