import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { Endpoints, User } from "./platform.ts";

/** An access token of one of the demo's people, by the development issuer's password grant. */
export async function accessToken(endpoints: Endpoints, email: string): Promise<string> {
  const user = endpoints.users.find((each): each is User => each.email === email);
  if (user === undefined) throw new Error(`no demo user ${email}`);
  const response = await fetch(`${endpoints.issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: "o2mc-cli",
      username: user.email,
      password: user.password,
      scope: "openid",
    }),
  });
  const body = (await response.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(`no token for ${email}: ${JSON.stringify(body)}`);
  return body.access_token;
}

export interface GraphqlAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** One GraphQL request; the answer as it came, errors included. */
export async function graphql(
  endpoints: Endpoints,
  token: string,
  query: string,
  variables: object = {},
): Promise<GraphqlAnswer> {
  const response = await fetch(endpoints.graphql, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphqlAnswer;
}

/** As `graphql`, for what must succeed: the data, or an error with the answer. */
export async function ask<T>(endpoints: Endpoints, token: string, query: string, variables: object = {}): Promise<T> {
  const answer = await graphql(endpoints, token, query, variables);
  if (answer.errors !== undefined || answer.data == null) throw new Error(JSON.stringify(answer));
  return answer.data as T;
}

export type ResultMessage =
  | { readonly __typename: "ResultRows"; readonly cursor: string; readonly rows: readonly Record<string, unknown>[] }
  | {
      readonly __typename: "ResultGap";
      readonly from: string;
      readonly until: string;
      readonly reason: string;
      readonly missed: number | null;
    };

export interface OutputRef {
  readonly application: string;
  readonly pipeline: string;
  readonly output: string;
}

export const RESULTS = `subscription ($output: OutputRef!, $after: String) { results(output: $output, after: $after) {
  __typename ... on ResultRows { cursor rows } ... on ResultGap { from until reason missed } } }`;

interface SubscribeOptions {
  /** cursor of the last rows seen */
  readonly after?: string;
  /** the socket is gone; `code` is the WebSocket's */
  readonly onClosed?: (code: number) => void;
  /** the class whose sockets it uses */
  readonly sockets?: typeof WebSocket;
}

/** Subscribes to one output; `onMessage` sees every message until the returned function is called. `onError` sees a refusal. */
export function subscribe(
  endpoints: Endpoints,
  token: string,
  output: OutputRef,
  onMessage: (message: ResultMessage) => void,
  onError: (error: unknown) => void,
  { after, onClosed, sockets = WebSocket }: SubscribeOptions = {},
): () => Promise<void> {
  const client = createClient({
    url: endpoints.subscriptions,
    webSocketImpl: sockets,
    connectionParams: { authorization: `Bearer ${token}` },
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: onError,
    on: { closed: (event) => onClosed?.((event as { code: number }).code) },
  });
  client.subscribe<{ results: ResultMessage }>(
    { query: RESULTS, variables: { output, ...(after === undefined ? {} : { after }) } },
    {
      next: (value) => {
        if (value.data) onMessage(value.data.results);
        else onError(value.errors);
      },
      error: onError,
      complete: () => undefined,
    },
  );
  return async () => {
    await client.dispose();
  };
}
