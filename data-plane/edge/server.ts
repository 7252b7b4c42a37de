import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Logger } from "@o2mc/runtime/log.ts";
import { authorizedKey } from "./authorize.ts";
import { corsHeaders } from "./cors.ts";
import type { Counters } from "./counters.ts";
import { openApi } from "./openapi.ts";
import { postEvents } from "./post-events.ts";
import { Problem } from "./problem.ts";
import { putConsent } from "./put-consent.ts";
import type { DeployedAt, Registry } from "./registry.ts";
import { siteConfig, siteOf } from "./site-config.ts";
import { snippetHandler } from "./snippet.ts";

export interface EdgeOptions {
  readonly registry: Registry;
  readonly counters: Counters;
  readonly log: Logger;
  /** false = a source that is not found may still turn up */
  readonly settled: () => boolean;
  /** the snippet's source; undefined when it could not be built */
  readonly snippet: string | undefined;
  readonly publicUrl: () => string;
  /** bytes of a body, after decompression */
  readonly bodyLimit: number;
}

type Headers = Readonly<Record<string, string>>;

/** What a handler answers with; `cors` is set as soon as the source is known, so that an error is readable too. */
interface Answer {
  readonly status: number;
  readonly body?: object;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  cors: Headers;
}

const SOURCE_PATH = /^\/v1\/sources\/([A-Za-z0-9_-]{1,128})\/(events|openapi\.json|consent(?:\/([^/]*))?)$/;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
/** what is read of a refused body, so that the sender gets to see the answer */
const DISCARD_MS = 5_000;

/** The edge's HTTP server: bare node:http, because this is the hot path of the platform. */
export function createEdgeServer(options: EdgeOptions): Server {
  const { counters, log } = options;
  const routes = new Routes(options);
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const exchange: Exchange = { request, response, cors: {} };
    routes.handle(exchange).then(
      (answer) => {
        if (answer === undefined) return;
        counters.response(answer.status);
        write(exchange, answer.status, "application/json", answer.body, {});
      },
      (error: unknown) => {
        const problem = error instanceof Problem ? error : new Problem("internal", { cause: error });
        if (problem.status === 500) log.error({ err: error }, "a request failed");
        counters.response(problem.status);
        write(exchange, problem.status, "application/problem+json", problem, problem.headers);
      },
    );
  });
  return server;
}

class Routes {
  readonly #options: EdgeOptions;
  readonly #snippet: ReturnType<typeof snippetHandler> | undefined;

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#snippet = options.snippet === undefined ? undefined : snippetHandler(options.snippet);
  }

  /** undefined = the answer is written already */
  async handle(exchange: Exchange): Promise<Answer | undefined> {
    const { request, response } = exchange;
    const url = request.url ?? "/";
    const query = url.indexOf("?");
    const path = query < 0 ? url : url.slice(0, query);
    const match = SOURCE_PATH.exec(path);
    if (match !== null) {
      const [, id = "", resource = "", subject] = match;
      return this.#source(exchange, id, resource, subject);
    }
    switch (path) {
      case "/sloc.js":
        allow(request, "GET", "HEAD");
        if (this.#snippet === undefined) throw new Problem("snippet-unavailable");
        this.#snippet(request, response);
        return undefined;
      case "/v1/sites/config":
        return this.#site(exchange);
      case "/healthz":
        return { status: 200, body: { status: "ok" } };
      case "/readyz":
        return this.#options.settled()
          ? { status: 200, body: { status: "ready", sources: this.#options.registry.size } }
          : { status: 503, body: { status: "starting" } };
      default:
        throw new Problem("not-found");
    }
  }

  async #source(exchange: Exchange, id: string, resource: string, subject?: string): Promise<Answer> {
    const { request } = exchange;
    const found = this.#find(id);
    const preflight = request.method === "OPTIONS";
    const cors = corsHeaders(found.plan.source.origins, request.headers, preflight);
    if (cors !== undefined) exchange.cors = cors;
    if (resource === "openapi.json") {
      if (preflight) return { status: 204 };
      allow(request, "GET");
      return { status: 200, body: openApi(found.plan, this.#options.publicUrl()) };
    }
    if (cors === undefined) throw new Problem("origin-not-allowed");
    if (preflight) return { status: 204 };
    const toEvents = resource === "events";
    allow(request, toEvents ? "POST" : "PUT");
    authorize(found, request);
    // once more when the deployment has changed while the body came in
    const now = (): DeployedAt => {
      const current = this.#find(id);
      if (current !== found) authorize(current, request);
      return current;
    };
    if (toEvents) {
      // before the body, so that nothing is sent in vain
      if (!found.plan.source.grant.granted) throw new Problem("not-granted");
      return { status: 202, body: await postEvents(request, now, this.#options) };
    }
    await putConsent(request, subject === undefined ? undefined : decode(subject), now);
    return { status: 204 };
  }

  #site(exchange: Exchange): Answer {
    const { request } = exchange;
    const site = siteOf(this.#options.registry, request.headers);
    const preflight = request.method === "OPTIONS";
    exchange.cors = {
      ...corsHeaders(site.plan.source.origins, request.headers, preflight),
      "cache-control": "no-cache",
    };
    if (preflight) return { status: 204 };
    allow(request, "GET");
    return { status: 200, body: siteConfig(site) };
  }

  /** An unknown source is answered like a wrong key. */
  #find(id: string): DeployedAt {
    const found = this.#options.registry.source(id);
    if (found !== undefined) return found;
    throw new Problem(this.#options.settled() ? "unauthorized" : "starting");
  }
}

function authorize({ plan, edge }: DeployedAt, request: IncomingMessage): void {
  const now = Date.now();
  edge.keyUses.note(authorizedKey(plan.source, request.headers, now), now);
}

function allow(request: IncomingMessage, ...methods: readonly string[]): void {
  if (methods.includes(request.method ?? "")) return;
  throw new Problem("method-not-allowed", { headers: { allow: [...methods, "OPTIONS"].join(", ") } });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new Problem("invalid-path", { cause });
  }
}

function write(
  { request, response, cors }: Exchange,
  status: number,
  type: string,
  body: object | undefined,
  headers: Headers,
): void {
  if (response.destroyed) return;
  if (!request.complete) discard(request);
  const text = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    ...cors,
    ...headers,
    ...(text === undefined ? {} : { "content-type": type, "content-length": text.length }),
  });
  response.end(text);
}

/**
 * Takes what is still under way, for a while. Closing at once, `connection: close` too, would reset the connection before
 * the sender has read the answer.
 */
function discard(request: IncomingMessage): void {
  request.resume();
  const timer = setTimeout(() => request.destroy(), DISCARD_MS);
  request.once("close", () => clearTimeout(timer));
}
