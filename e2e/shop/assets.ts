import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundleForBrowser } from "@o2mc/sloc/bundle.ts";
import { logo } from "./pictures.ts";

interface Asset {
  readonly type: string;
  readonly text: string;
}

const file = (name: string): string => fileURLToPath(new URL(`./public/${name}`, import.meta.url));

/** Everything that the pages load from the shop itself, by path. */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const script = { type: "text/javascript; charset=utf-8" };
  const style = { type: "text/css; charset=utf-8" };
  return new Map<string, Asset>([
    ["/shop.js", { ...script, text: await bundleForBrowser(file("shop.ts")) }],
    ["/live.js", { ...script, text: await bundleForBrowser(file("live.ts")) }],
    ["/shop.css", { ...style, text: await readFile(file("shop.css"), "utf8") }],
    ["/live.css", { ...style, text: await readFile(file("live.css"), "utf8") }],
    ["/favicon.svg", { type: "image/svg+xml", text: logo }],
  ]);
}
