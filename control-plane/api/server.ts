import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginDrainHttpServer } from "@apollo/server/plugin/drainHttpServer";
import { expressMiddleware } from "@as-integrations/express5";
import express, { type Request, type Response, type NextFunction } from "express";
import type { Logger } from "@o2mc/runtime/log.ts";
import type { Authenticate } from "../auth/authenticate.ts";
import type { Context, Services } from "./context.ts";
import { errorFormatter } from "./format-error.ts";
import { apiSchema } from "./schema.ts";
import { serveSubscriptions } from "./subscriptions.ts";

const MAX_BODY = "1mb";
const MAX_QUERY_TOKENS = 5_000;
/** half of what a process has for stopping: a request that hangs must not make it end the hard way */
const DRAIN_MS = 5_000;

interface ServerOptions {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly log: Logger;
  readonly host: string;
  /** 0 = any free one */
  readonly port: number;
  /** rejects when something that the API needs cannot be reached */
  readonly ready: () => Promise<void>;
  /** as in `serveSubscriptions` */
  readonly tokenRecheckMs?: number;
}

export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** `/graphql` over HTTP and WebSocket, `/healthz`, `/readyz`. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { services, authenticate, log } = options;
  const app = express().disable("x-powered-by");
  const http = createServer(app);
  const schema = apiSchema();
  const formatError = errorFormatter(log);
  const { tokenRecheckMs } = options;
  const closeSockets = serveSubscriptions({
    server: http,
    schema,
    services,
    authenticate,
    formatError,
    ...(tokenRecheckMs === undefined ? {} : { tokenRecheckMs }),
  });
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: MAX_QUERY_TOKENS },
    stopOnTerminationSignals: false,
    formatError,
    plugins: [ApolloServerPluginDrainHttpServer({ httpServer: http, stopGracePeriodMillis: DRAIN_MS })],
  });
  await apollo.start();
  app.get("/healthz", (_request, response) => void response.send("ok\n"));
  app.get("/readyz", async (_request, response) => {
    try {
      await options.ready();
      response.send("ok\n");
    } catch (error) {
      log.warn({ err: error }, "not ready");
      response.status(503).send("not ready\n");
    }
  });
  const middleware = expressMiddleware(apollo, {
    context: async ({ req }): Promise<Context> => {
      // once per request, and only if something asks
      let actor: ReturnType<Authenticate> | undefined;
      return { services, actor: () => (actor ??= authenticate(req.headers.authorization)) };
    },
  });
  app.use("/graphql", allowOrigins, express.json({ limit: MAX_BODY }), middleware);
  return {
    url: await listen(http, options.host, options.port),
    stop: async () => {
      await closeSockets();
      await apollo.stop();
    },
  };
}

/** Any site may ask: the token is sent by its script, never by the browser of itself, so there is nothing to ride on. */
function allowOrigins(request: Request, response: Response, next: NextFunction): void {
  response.setHeader("access-control-allow-origin", "*");
  if (request.method !== "OPTIONS") return next();
  response.setHeader("access-control-allow-methods", "POST, GET");
  response.setHeader("access-control-allow-headers", "authorization, content-type, apollo-require-preflight");
  response.setHeader("access-control-max-age", "86400");
  response.status(204).end();
}

function listen(http: Server, host: string, port: number): Promise<string> {
  return new Promise((done, fail) => {
    http.once("error", fail);
    http.listen(port, host, () => {
      http.off("error", fail);
      done(`http://${host}:${(http.address() as AddressInfo).port}`);
    });
  });
}
