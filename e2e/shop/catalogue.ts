import { pictures } from "./pictures.ts";

export interface Product {
  readonly sku: string;
  readonly slug: string;
  readonly name: string;
  /** euros */
  readonly price: number;
  readonly line: string;
  readonly text: string;
  readonly facts: readonly string[];
  /** inline SVG */
  readonly picture: string;
}

export const products: readonly Product[] = [
  {
    sku: "KL-101",
    slug: "morning-mug",
    name: "Morning mug",
    price: 24.5,
    line: "Stoneware, 30 cl",
    text: "Thrown by hand and glazed in oat white. The handle holds three fingers, the foot stands firm on any table.",
    facts: ["Stoneware, fired at 1,260 °C", "30 cl", "Dishwasher and microwave"],
    picture: pictures.mug,
  },
  {
    sku: "KL-102",
    slug: "harbour-teapot",
    name: "Harbour teapot",
    price: 68,
    line: "Cast iron blue, 90 cl",
    text: "Pours without a drop on the cloth. The sieve behind the spout keeps whole leaves where they belong.",
    facts: ["Stoneware with a steel sieve", "90 cl", "Lid stays on at any angle"],
    picture: pictures.teapot,
  },
  {
    sku: "KL-103",
    slug: "tall-vase",
    name: "Tall vase",
    price: 54,
    line: "Terracotta, 32 cm",
    text: "For three branches rather than thirty flowers. Left bare outside, glazed within.",
    facts: ["Terracotta, glazed inside", "32 cm high", "Each one a little different"],
    picture: pictures.vase,
  },
  {
    sku: "KL-104",
    slug: "supper-bowl",
    name: "Supper bowl",
    price: 31,
    line: "Stoneware, 22 cm",
    text: "Wide enough for pasta, deep enough for soup. Stacks without a wobble.",
    facts: ["Stoneware", "22 cm across", "Sold singly"],
    picture: pictures.bowl,
  },
  {
    sku: "KL-201",
    slug: "linen-throw",
    name: "Linen throw",
    price: 119,
    line: "Washed linen, 130 × 180 cm",
    text: "Woven in Flanders and washed soft before it leaves the mill. Gets better for ten years.",
    facts: ["100% European flax", "130 × 180 cm", "Wash at 40 °C"],
    picture: pictures.throw,
  },
  {
    sku: "KL-202",
    slug: "reading-lamp",
    name: "Reading lamp",
    price: 149,
    line: "Brass and paper",
    text: "A warm pool of light for one chair and one book. The shade is folded by hand.",
    facts: ["Brass, folded paper", "46 cm high", "E27, LED included"],
    picture: pictures.lamp,
  },
  {
    sku: "KL-203",
    slug: "oak-stool",
    name: "Oak stool",
    price: 189,
    line: "Solid oak, 45 cm",
    text: "Three legs never rock. Oiled, so that a stain is an afternoon's work and not a tragedy.",
    facts: ["Solid European oak", "45 cm high", "Carries 150 kg"],
    picture: pictures.stool,
  },
  {
    sku: "KL-204",
    slug: "beeswax-candles",
    name: "Beeswax candles",
    price: 18,
    line: "Set of three",
    text: "Dipped, not poured. Eight hours each, with the smell of a summer garden.",
    facts: ["Pure beeswax", "Three candles of 24 cm", "Eight hours each"],
    picture: pictures.candles,
  },
];

/** By path, `/products/<slug>`. */
export const findProduct = (path: string): Product | undefined =>
  products.find(({ slug }) => path === `/products/${slug}`);
