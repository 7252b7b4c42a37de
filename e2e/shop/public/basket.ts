interface ShelfProduct {
  readonly sku: string;
  readonly slug: string;
  readonly name: string;
  readonly price: number;
}

const KEY = "shop-basket";

/** Written only when the visitor puts something in: needed for what the visitor asked for. */
function read(): Record<string, number> {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Record<string, number>;
  } catch {
    return {};
  }
}

export function showBasketCount(): void {
  const count = Object.values(read()).reduce((sum, n) => sum + n, 0);
  const element = document.getElementById("basket-count");
  if (element) element.textContent = String(count);
}

export function addToBasket(sku: string): void {
  const basket = read();
  basket[sku] = (basket[sku] ?? 0) + 1;
  sessionStorage.setItem(KEY, JSON.stringify(basket));
  showBasketCount();
}

const euros = (amount: number): string => `€ ${amount.toFixed(2)}`;

function row(kind: "td" | "th", texts: readonly string[]): HTMLTableRowElement {
  const line = document.createElement("tr");
  for (const text of texts) line.append(Object.assign(document.createElement(kind), { textContent: text }));
  return line;
}

export async function drawBasket(place: HTMLElement): Promise<void> {
  const basket = read();
  if (Object.keys(basket).length === 0) return;
  const products = (await (await fetch("/products.json")).json()) as ShelfProduct[];
  const lines = products.filter(({ sku }) => basket[sku]);
  const table = document.createElement("table");
  const total = lines.reduce((sum, { sku, price }) => sum + price * (basket[sku] ?? 0), 0);
  table.createTHead().append(row("th", ["Article", "Number", "Price"]));
  const body = table.createTBody();
  for (const { sku, name, price } of lines) {
    const number = basket[sku] ?? 0;
    body.append(row("td", [name, String(number), euros(price * number)]));
  }
  table.createTFoot().append(row("td", ["Together", "", euros(total)]));
  place.replaceChildren(table);
}
