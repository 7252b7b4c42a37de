/** The platform's API in the name of one person, as any customer would use it. */
export interface Api {
  call<T>(query: string, variables?: object): Promise<T>;
}

export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Person {
  readonly email: string;
  readonly password: string;
}

/** Logs in by the development issuer's password grant; each call throws an ApiFailure with the API's code. */
export async function logIn(graphql: string, issuer: string, person: Person): Promise<Api> {
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: "o2mc-cli",
      username: person.email,
      password: person.password,
      scope: "openid",
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new ApiFailure("LOG_IN", `${person.email} cannot log in at ${issuer}`);
  return {
    call: async <T>(query: string, variables: object = {}) => {
      const answer = await fetch(graphql, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await answer.json()) as {
        data?: T | null;
        errors?: readonly { message: string; extensions?: { code?: string } }[];
      };
      const [error] = errors ?? [];
      if (error !== undefined) throw new ApiFailure(error.extensions?.code ?? "UNKNOWN", error.message);
      return data as T;
    },
  };
}
