import { products, type Product } from "../catalogue.ts";
import { escapeHtml, euros } from "./escape.ts";

const card = (product: Product): string => `<li>
<a class="card" href="/products/${product.slug}" data-o2mc-click="open-product" data-sku="${product.sku}" data-price="${product.price}">
<span class="picture">${product.picture}</span>
<span class="name">${escapeHtml(product.name)}</span>
<span class="line">${escapeHtml(product.line)}</span>
<span class="price">${euros(product.price)}</span>
</a></li>`;

export const homePage = (): string => `<section class="hero">
<div>
<p class="kicker">Autumn 2026</p>
<h1>Made slowly, used daily</h1>
<p class="lead">Clay, flax and oak from eleven small workshops. Things to hold on to.</p>
<a class="button" href="/products/harbour-teapot" data-o2mc-click="hero-teapot" data-sku="KL-102" data-price="68">See the new teapot</a>
</div>
<div class="hero-picture">${products.find(({ sku }) => sku === "KL-102")?.picture ?? ""}</div>
</section>
<h2 class="shelf-title" id="shelf">On the shelf</h2>
<ul class="shelf" aria-labelledby="shelf">${products.map(card).join("")}</ul>`;
