import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Logger } from "@o2mc/runtime/log.ts";
import { LogInAttempts } from "./attempts.ts";
import type { Places } from "./clients.ts";
import { endedSessions } from "./ended-sessions.ts";
import { logIn } from "./log-in.ts";
import { createProvider, REALM_PATH } from "./provider.ts";
import type { Realm } from "./realm.ts";
import { userinfo } from "./userinfo.ts";

const LOG_IN = `${REALM_PATH}/login/`;
/** takes passwords, secrets, codes and tokens, as do introspection below it and revocation */
const TOKEN = `${REALM_PATH}/protocol/openid-connect/token`;
const REVOKE = `${REALM_PATH}/protocol/openid-connect/revoke`;

const isGuessable = (path: string): boolean => [LOG_IN, TOKEN, REVOKE].some((start) => path.startsWith(start));

/** The issuer's HTTP server; it must listen at `origin`, which stands in every token. */
export function createIssuer(
  realm: Realm,
  origin: string,
  places: Places,
  log: Logger,
  attempts = new LogInAttempts(),
): Server {
  const provider = createProvider({ realm, origin, places, attempts });
  provider.on("server_error", (_ctx, error) => log.error({ err: error }, "the provider failed"));
  provider.on("backchannel.error", (_ctx, error) => log.warn({ err: error }, "a sign-out could not be told"));
  const ended = endedSessions(provider);
  const oidc = provider.callback();
  return createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (path === "/healthz" || path === "/readyz") {
      response.writeHead(200).end("ok\n");
    } else if (request.method === "POST" && isGuessable(path) && attempts.refuses(request, response)) {
      log.warn({ path }, "an address has failed too often");
    } else if (path.startsWith(LOG_IN)) {
      logIn(provider, { realm, attempts }, request, response).catch((error: unknown) => {
        log.error({ err: error }, "log-in failed");
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    } else if (path === `${REALM_PATH}/protocol/openid-connect/userinfo`) {
      userinfo({ realm, issuer: provider.issuer, ended }, request, response);
    } else if (path.startsWith(`${REALM_PATH}/`)) {
      void oidc(mounted(request), response);
    } else {
      response.writeHead(404).end();
    }
  });
}

/** The provider routes below its mount point and finds that point by comparing `url` with `originalUrl`, as in express. */
function mounted(request: IncomingMessage): IncomingMessage {
  const url = request.url ?? "/";
  return Object.assign(request, { originalUrl: url, url: url.slice(REALM_PATH.length) });
}
