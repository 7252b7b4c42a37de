import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Logger } from "@o2mc/runtime/log.ts";
import { persistedQuery } from "@o2mc/schema/graphql/persisted-operations.ts";
import { loadAssets } from "./assets.ts";
import { findProduct, products } from "./catalogue.ts";
import { contentSecurityPolicy } from "./content-security-policy.ts";
import type { ShopSettings } from "./env.ts";
import { createHookReceiver } from "./hooks/receiver.ts";
import { basketPage } from "./html/basket.ts";
import { homePage } from "./html/home.ts";
import { shopLayout } from "./html/layout.ts";
import { livePage } from "./html/live.ts";
import { missingPage } from "./html/missing.ts";
import { productPage } from "./html/product.ts";
import { findLivePipeline } from "./live/endpoints.ts";
import { createTokenSource } from "./live/token.ts";

/** The demo shop, its live page and its webhook receiver; not listening yet. */
export async function createShop(settings: ShopSettings, log: Logger): Promise<Server> {
  const assets = await loadAssets();
  const policy = contentSecurityPolicy(settings.edgeUrl, settings.subscriptionsUrl);
  const token = createTokenSource(settings.login);
  const hooks = createHookReceiver(settings.hookSecret);
  const shop = (title: string, main: string): string => shopLayout({ title, main, edgeUrl: settings.edgeUrl });

  const page = (response: ServerResponse, html: string, status = 200): void => {
    response.writeHead(status, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "referrer-policy": "strict-origin-when-cross-origin",
      "x-content-type-options": "nosniff",
    });
    response.end(html);
  };
  const json = (response: ServerResponse, body: object, status = 200): void => {
    response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify(body));
  };

  const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void> | void> = {
    "GET /healthz": (_, response) => json(response, { status: "ok" }),
    "GET /readyz": (_, response) => json(response, { status: "ok" }),
    "GET /": (_, response) => page(response, shop("Kiln & Loom", homePage())),
    "GET /basket": (_, response) => page(response, shop("Your basket · Kiln & Loom", basketPage())),
    "GET /products.json": (_, response) => json(response, products),
    "GET /live": (_, response) => page(response, livePage(settings.graphqlUrl)),
    "GET /live/config": async (_, response) => {
      const pipeline = await findLivePipeline(settings.live);
      if (pipeline === undefined) return json(response, { code: "not-set-up" }, 503);
      json(response, { url: settings.subscriptionsUrl, extensions: persistedQuery("LiveResults"), ...pipeline });
    },
    "GET /live/token": async (request, response) => {
      // A page of another site must not come by a token through a visitor's browser.
      const site = request.headers["sec-fetch-site"];
      if (site !== undefined && site !== "same-origin") return json(response, { code: "foreign-page" }, 403);
      json(response, { token: await token() });
    },
    "POST /hooks/sessions": async (request, response) => {
      const { status, ...body } = await hooks.receive(request);
      json(response, body, status);
    },
    "GET /hooks/sessions": (_, response) => json(response, hooks.counts()),
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method === "HEAD" ? "GET" : request.method;
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const route = Object.hasOwn(routes, `${method} ${path}`) ? routes[`${method} ${path}`] : undefined;
    if (route) return route(request, response);
    const asset = method === "GET" ? assets.get(path) : undefined;
    if (asset) {
      response.writeHead(200, { "content-type": asset.type, "x-content-type-options": "nosniff" });
      response.end(asset.text);
      return;
    }
    const product = method === "GET" ? findProduct(path) : undefined;
    if (product) return page(response, shop(`${product.name} · Kiln & Loom`, productPage(product)));
    page(response, shop("Not here · Kiln & Loom", missingPage()), 404);
  };

  return createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.warn({ err: error, url: request.url }, "request failed");
      if (response.headersSent) response.destroy();
      else json(response, { code: "failed" }, 502);
    });
  });
}
