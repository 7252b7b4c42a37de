export const missingPage = (): string => `<h1>Nothing on this shelf</h1>
<p class="lead">The page that you asked for is not here.</p>
<a class="button quiet" href="/">To the shop</a>`;
