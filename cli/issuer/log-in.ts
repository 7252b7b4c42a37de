import type { IncomingMessage, ServerResponse } from "node:http";
import { errors, type default as Provider } from "oidc-provider";
import { seconds, type LogInAttempts } from "./attempts.ts";
import { logInPage } from "./log-in-page.ts";
import { userByPassword } from "./password.ts";
import type { Realm } from "./realm.ts";

const MAX_BODY_BYTES = 4096;

/** GET shows the form of one authorization request; POST checks it and sends the browser on. */
export async function logIn(
  provider: Provider,
  { realm, attempts }: { readonly realm: Realm; readonly attempts: LogInAttempts },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await provider.interactionDetails(request, response);
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    return page(response, 400, logInPage("", "This log-in has expired: go back to the application and try again."));
  }
  if (request.method !== "POST") return page(response, 200, logInPage(""));
  const form = await readForm(request);
  const user = userByPassword(realm, attempts, form?.get("email"), form?.get("password"));
  if (typeof user === "number") {
    response.setHeader("retry-after", seconds(user));
    return page(response, 429, logInPage(form?.get("email") ?? "", "Too many wrong passwords: try again in a minute."));
  }
  if (user === undefined) {
    attempts.addressFailed(request);
    return page(response, 401, logInPage(form?.get("email") ?? "", "E-mail or password is wrong."));
  }
  const result = { login: { accountId: user.id }, consent: {} };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

function page(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  });
  response.end(html);
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}
