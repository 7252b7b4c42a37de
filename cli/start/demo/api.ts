import { persistedQuery } from "@o2mc/schema/graphql/persisted-operations.ts";
import type { RealmUser } from "../../issuer/realm.ts";
import type { Email } from "./people.ts";

/**
 * GraphQL as one of the demo's people: with their own token, like any other client. Operations are those of
 * `schema/graphql/operations/demo.graphql`, by name.
 */
export interface DemoApi {
  as(email: Email, operation: string, variables?: object): Promise<Readonly<Record<string, unknown>>>;
}

/** An answer with errors; `code` is the first one's stable code. */
export class GraphqlError extends Error {
  override readonly name = "GraphqlError";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

export function demoApi(graphqlUrl: string, issuerUrl: string, users: readonly RealmUser[]): DemoApi {
  const tokens = new Map<Email, Promise<string>>();
  return {
    as: async (email, operation, variables = {}) => {
      const token = tokens.get(email) ?? requestToken(issuerUrl, users, email);
      tokens.set(email, token);
      const response = await fetch(graphqlUrl, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await token}` },
        body: JSON.stringify({ extensions: persistedQuery(operation), variables }),
        signal: AbortSignal.timeout(30_000),
      });
      const { data, errors } = (await response.json()) as {
        data?: Record<string, unknown> | null;
        errors?: readonly { message: string; extensions?: { code?: string } }[];
      };
      const [first] = errors ?? [];
      if (first !== undefined) throw new GraphqlError(first.message, first.extensions?.code ?? "");
      return data ?? {};
    },
  };
}

async function requestToken(issuerUrl: string, users: readonly RealmUser[], email: Email): Promise<string> {
  const password = users.find((user) => user.email === email)?.password ?? "";
  const response = await fetch(`${issuerUrl}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "password", client_id: "o2mc-cli", username: email, password }),
    signal: AbortSignal.timeout(30_000),
  });
  const body = (await response.json()) as { access_token?: string; error_description?: string };
  if (body.access_token === undefined) throw new Error(`no token for ${email}: ${body.error_description}`);
  return body.access_token;
}
