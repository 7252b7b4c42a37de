import type { Server } from "node:http";
import { isDeepStrictEqual } from "node:util";
import type { GraphQLSchema } from "graphql/index.js";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer, type WebSocket } from "ws";
import type { Actor } from "../auth/actor.ts";
import type { Authenticate } from "../auth/authenticate.ts";
import type { SignOuts } from "../auth/sign-outs.ts";
import { ApiError } from "../errors/api-error.ts";
import type { AllowsOrigin } from "./allowed-origins.ts";
import type { Context, Services } from "./context.ts";
import type { errorFormatter } from "./format-error.ts";
import { newDeadline } from "./limits/deadline.ts";
import { readOperation } from "./limits/read-operation.ts";
import type { PersistedOperations } from "./persisted/persisted-operations.ts";
import { requestOrigin } from "./request-origin.ts";

const PATH = "/graphql";
const MAX_MESSAGE_BYTES = 256 * 1024;
/** several messages for each subscription */
const MAX_UNREAD_BYTES = 32 << 20;
/** as pings of a client that reads slowly, hours of them */
const MAX_ASKED_UNREAD = 1_000;
const RECHECK_MS = 5_000;
const MAX_TIMER_MS = 2 ** 31 - 1;
/** graphql-ws: the client may come back, with a fresh token */
const FORBIDDEN = 4403;

interface SocketState extends Record<PropertyKey, unknown> {
  actor?: Actor;
  timers?: NodeJS.Timeout[];
  unwatch?: () => void;
}

interface SubscriptionOptions {
  readonly server: Server;
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly signOuts: SignOuts;
  readonly formatError: ReturnType<typeof errorFormatter>;
  readonly allows: AllowsOrigin;
  /** as in `Exposure` */
  readonly proxies: number;
  readonly introspection: boolean;
  readonly operations: PersistedOperations;
  /** how often a token is looked at again; 5 s unless told */
  readonly tokenRecheckMs?: number;
}

const rightsOf = (actor: Actor): readonly string[] => (actor.kind === "machine" ? actor.scopes : actor.roles);

/**
 * Serves graphql-ws on `/graphql`. The token comes in the connection's parameters (`authorization: "Bearer …"`); the
 * socket is closed when it expires and when the issuer tells that its session has ended, and it is looked at again every few
 * seconds, so that revoking it, disabling the person or taking a role away ends what runs under it. Every operation keeps the limits of HTTP's. Returns the function that closes every socket.
 */
export function serveSubscriptions(options: SubscriptionOptions): () => Promise<void> {
  const { server, schema, services, authenticate, signOuts, formatError, proxies, introspection, operations } = options;
  const { tokenRecheckMs = RECHECK_MS } = options;
  const sockets = new WebSocketServer({
    server,
    path: PATH,
    maxPayload: MAX_MESSAGE_BYTES,
    verifyClient: ({ origin }: { origin: string | undefined }) => options.allows(origin),
  });
  sockets.on("connection", cutOffWhoNeverReads);
  const served = useServer<Record<string, unknown>, SocketState>(
    {
      schema,
      // whatever NODE_ENV is: else the reason of a close is an error's own text, statements of the database included
      isProd: true,
      context: ({ extra }): Context => ({
        services,
        from: requestOrigin(extra.request, proxies),
        deadline: newDeadline(),
        actor: () =>
          extra.actor === undefined ? Promise.reject(new ApiError("UNAUTHENTICATED")) : Promise.resolve(extra.actor),
      }),
      onConnect: async ({ connectionParams, extra }) => {
        const authorization = connectionParams?.["authorization"] ?? connectionParams?.["Authorization"];
        const { address } = requestOrigin(extra.request, proxies);
        let actor: Actor;
        try {
          actor = await authenticate(authorization, address);
        } catch (error) {
          if (error instanceof ApiError) return false;
          throw error;
        }
        // who has left meanwhile is not told of its close any more
        if (extra.socket.readyState !== extra.socket.OPEN) return false;
        extra.actor = actor;
        const close = (): void => extra.socket.close(FORBIDDEN, "the token is no longer valid");
        const expiry = setTimeout(close, Math.min(Math.max(actor.expiresAt - Date.now(), 0), MAX_TIMER_MS));
        extra.timers = [expiry];
        const recheck = setInterval(() => {
          authenticate(authorization, address).then(
            (again) => {
              if (!isDeepStrictEqual(rightsOf(again), rightsOf(actor))) close();
            },
            (error: unknown) => {
              // a database or an issuer that is away for a moment is no revocation
              if (error instanceof ApiError && error.code !== "AUTH_UNAVAILABLE") close();
            },
          );
        }, tokenRecheckMs);
        extra.timers.push(recheck);
        extra.unwatch = signOuts.watch(actor, close);
        return true;
      },
      onSubscribe: ({ subscriptions }, _id, payload) =>
        readOperation(schema, payload, { running: Object.keys(subscriptions).length, introspection, operations }),
      onClose: ({ extra }) => {
        for (const timer of extra.timers ?? []) clearTimeout(timer);
        extra.unwatch?.();
      },
      onError: (_context, _id, _payload, errors) => errors.map((error) => formatError(error.toJSON(), error)),
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors === undefined
          ? undefined
          : ({ ...result, errors: result.errors.map((error) => formatError(error.toJSON(), error)) } as never),
    },
    sockets,
  );
  return async () => {
    await served.dispose();
  };
}

/** Pings are answered to anybody: who sends them, however small, and reads no answer fills memory that is everybody's. */
function cutOffWhoNeverReads(socket: WebSocket): void {
  let asked = 0;
  const look = (): void => {
    asked = socket.bufferedAmount === 0 ? 0 : asked + 1;
    if (socket.bufferedAmount > MAX_UNREAD_BYTES || asked > MAX_ASKED_UNREAD) socket.terminate();
  };
  socket.on("message", look).on("ping", look);
  // what cannot be sent to who is gone is no error: graphql-ws would print a line for each of a thousand answers
  const send = socket.send.bind(socket);
  Object.assign(socket, {
    send: (data: string, done?: (error?: Error) => void) =>
      send(data, (error) => done?.(socket.readyState === socket.OPEN ? error : undefined)),
  });
}
