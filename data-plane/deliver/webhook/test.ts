import type { DestinationTest, DestinationTestContext } from "../destination.ts";
import { connectionFailure, TestFailure } from "../test-failure.ts";
import { webhookOptions } from "./options.ts";
import { type Answer, Poster } from "./post.ts";
import { signedHeaders } from "./sign.ts";

/** Posts a signed message of type `test` without rows, which a receiver of rows takes for nothing new. */
export async function testWebhook(given: unknown, { outgoing }: DestinationTestContext): Promise<DestinationTest> {
  const { url, secret } = webhookOptions(given);
  const poster = new Poster(url, outgoing.connector);
  const place = new URL(url).host;
  const body = JSON.stringify({ type: "test", output: "", rows: [] });
  try {
    const answer = await poster.post(signedHeaders(secret, `test-${Date.now()}`, body), body);
    judge(answer, place);
    return { server: answer.headers["server"]?.toString() ?? null };
  } catch (error) {
    throw connectionFailure(error, place);
  } finally {
    poster.close();
  }
}

function judge({ status }: Answer, place: string): void {
  if (status >= 200 && status < 300) return;
  if (status === 401) throw new TestFailure("log-in", `${place} did not accept the signature: it answered 401.`);
  if (status === 403) throw new TestFailure("rights", `${place} does not permit the call: it answered 403.`);
  const redirect = status >= 300 && status < 400 ? "; redirects are not followed" : "";
  throw new TestFailure("answered", `${place} answered ${status}${redirect}.`);
}
