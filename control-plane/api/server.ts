import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginDrainHttpServer } from "@apollo/server/plugin/drainHttpServer";
import { expressMiddleware } from "@as-integrations/express5";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import express from "express";
import type { Logger } from "@o2mc/runtime/log.ts";
import { readManifest } from "@o2mc/schema/graphql/persisted-operations.ts";
import type { Authenticate } from "../auth/authenticate.ts";
import type { OidcVerifier } from "../auth/oidc.ts";
import type { SignOuts } from "../auth/sign-outs.ts";
import { exportAuditLog } from "../modules/audit/export-audit-log.ts";
import { exportChain } from "../modules/receipt/export-chain.ts";
import { allowedOrigins, cors } from "./allowed-origins.ts";
import { backchannelLogout } from "./backchannel-logout.ts";
import type { Context, Services } from "./context.ts";
import { errorFormatter } from "./format-error.ts";
import { httpErrors } from "./http-errors.ts";
import { newDeadline } from "./limits/deadline.ts";
import { limitRequests } from "./limits/limit-requests.ts";
import { LIMITS } from "./limits/limits.ts";
import { PersistedOperations } from "./persisted/persisted-operations.ts";
import { resolvePersisted } from "./persisted/resolve-persisted.ts";
import { requestOrigin } from "./request-origin.ts";
import { apiSchema } from "./schema.ts";
import { serveSubscriptions } from "./subscriptions.ts";

const MAX_BODY = "1mb";
/** to send a request whole */
const REQUEST_MS = 30_000;
/** half of what a process has for stopping: a request that hangs must not make it end the hard way */
const DRAIN_MS = 5_000;

export interface Exposure {
  /** tells the schema and similar names to whoever asks, and lets pages of this machine use the API */
  readonly development: boolean;
  /** of pages that may use the API from a browser */
  readonly allowedOrigins: readonly string[];
  /** our own proxies in front, whose `X-Forwarded-For` is believed */
  readonly proxies: number;
  /** only the operations of our own clients run (`persisted/`) */
  readonly persistedOnly: boolean;
}

interface ServerOptions {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly oidc: OidcVerifier;
  readonly signOuts: SignOuts;
  readonly log: Logger;
  readonly host: string;
  /** 0 = any free one */
  readonly port: number;
  readonly exposure: Exposure;
  /** rejects when something that the API needs cannot be reached */
  readonly ready: () => Promise<void>;
  /** as in `serveSubscriptions` */
  readonly tokenRecheckMs?: number;
}

export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** `/graphql` over HTTP and WebSocket, `/audit-log.ndjson`, `/receipts/<application>.ndjson`, `/backchannel-logout`, `/healthz`, `/readyz`. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { services, authenticate, oidc, signOuts, log, tokenRecheckMs } = options;
  const { development, proxies, persistedOnly } = options.exposure;
  const allows = allowedOrigins(options.exposure.allowedOrigins, development);
  const app = express().disable("x-powered-by");
  const http = createServer({ requestTimeout: REQUEST_MS }, app);
  const schema = apiSchema();
  const operations = new PersistedOperations(readManifest(), persistedOnly);
  const formatError = errorFormatter(log, development);
  const closeSockets = serveSubscriptions({
    server: http,
    schema,
    services,
    authenticate,
    signOuts,
    formatError,
    allows,
    proxies,
    introspection: development,
    operations,
    ...(tokenRecheckMs === undefined ? {} : { tokenRecheckMs }),
  });
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: development,
    includeStacktraceInErrorResponses: false,
    // forms and plain text, which a browser sends anywhere without asking, are refused
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    // its cache would be anybody's to fill; `persisted/` has the ones that are known
    persistedQueries: false,
    parseOptions: { maxTokens: LIMITS.tokens },
    stopOnTerminationSignals: false,
    formatError,
    plugins: [
      ApolloServerPluginDrainHttpServer({ httpServer: http, stopGracePeriodMillis: DRAIN_MS }),
      ...(development ? [] : [ApolloServerPluginLandingPageDisabled()]),
    ],
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
      const from = requestOrigin(req, proxies);
      return {
        services,
        from,
        deadline: newDeadline(),
        actor: () => (actor ??= authenticate(req.headers.authorization, from.address)),
      };
    },
  });
  const body = express.json({ limit: MAX_BODY });
  app.use("/graphql", cors(allows), body, resolvePersisted(operations), limitRequests(schema), middleware);
  app.get("/audit-log.ndjson", async (request, response) => {
    const from = requestOrigin(request, proxies);
    const actor = (): ReturnType<Authenticate> => authenticate(request.headers.authorization, from.address);
    await exportAuditLog({ services, from, actor, deadline: newDeadline() }, () =>
      response.attachment("audit-log.ndjson").type("application/x-ndjson"),
    );
  });
  app.get("/receipts/:application.ndjson", async (request, response) => {
    const from = requestOrigin(request, proxies);
    const actor = (): ReturnType<Authenticate> => authenticate(request.headers.authorization, from.address);
    const { application } = request.params;
    await exportChain({ services, from, actor, deadline: newDeadline() }, application, () =>
      response.attachment(`receipts-${application}.ndjson`).type("application/x-ndjson"),
    );
  });
  app.post("/backchannel-logout", ...backchannelLogout(oidc, signOuts));
  app.use(httpErrors(log));
  return {
    url: await listen(http, options.host, options.port),
    stop: async () => {
      await closeSockets();
      await apollo.stop();
    },
  };
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
