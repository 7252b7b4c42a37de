import { expect, test } from "vitest";
import { clickData } from "./page.ts";

test("a click carries its name and, where marked, the product", () => {
  expect(clickData({ o2mcClick: "add", sku: "A1", price: "9.50" })).toEqual({
    click: { name: "add" },
    product: { sku: "A1", price: 9.5 },
  });
  expect(clickData({ o2mcClick: "add", sku: "A1", price: "soon" })).toEqual({
    click: { name: "add" },
    product: { sku: "A1" },
  });
  expect(clickData({ o2mcClick: "menu", price: "" })).toEqual({ click: { name: "menu" } });
});
