import { products, type Product } from "../catalogue.ts";
import { escapeHtml, euros } from "./escape.ts";

export function productPage(product: Product): string {
  const others = products.filter((other) => other !== product).slice(0, 4);
  return `<nav class="trail" aria-label="Breadcrumb"><a href="/">Shop</a> <span aria-hidden="true">/</span> ${escapeHtml(product.name)}</nav>
<article class="product">
<div class="picture">${product.picture}</div>
<div class="about">
<h1>${escapeHtml(product.name)}</h1>
<p class="line">${escapeHtml(product.line)}</p>
<p class="price">${euros(product.price)}</p>
<p class="lead">${escapeHtml(product.text)}</p>
<button type="button" class="button" data-add="${product.sku}" data-o2mc-click="add-to-basket" data-sku="${product.sku}" data-price="${product.price}">Add to basket</button>
<p class="added" role="status"></p>
<ul class="facts">${product.facts.map((fact) => `<li>${escapeHtml(fact)}</li>`).join("")}</ul>
</div>
</article>
<h2 class="shelf-title" id="also">Also on the shelf</h2>
<ul class="shelf small" aria-labelledby="also">${others
    .map(
      (
        other,
      ) => `<li><a class="card" href="/products/${other.slug}" data-o2mc-click="open-related" data-sku="${other.sku}" data-price="${other.price}">
<span class="picture">${other.picture}</span><span class="name">${escapeHtml(other.name)}</span><span class="price">${euros(other.price)}</span></a></li>`,
    )
    .join("")}</ul>`;
}
