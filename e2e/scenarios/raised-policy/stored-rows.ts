import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { OutputRef } from "../../testkit/api.ts";
import type { Endpoints } from "../../testkit/platform.ts";

interface Seen {
  readonly pages: readonly string[];
  readonly withheld: number;
}

const QUERY = `subscription ($output: OutputRef!) { results(output: $output, after: "0") {
  ... on ResultRows { rows withheld } ... on ResultGap { reason } } }`;

/** What a subscriber who comes now is shown of the first `count` rows of an output, and how many are withheld. */
export async function storedRows(endpoints: Endpoints, token: string, output: OutputRef, count: number): Promise<Seen> {
  const client = createClient({
    url: endpoints.subscriptions,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const pages: string[] = [];
  let withheld = 0;
  const messages = client.iterate<{ results: { rows?: { page: string }[]; withheld?: number } }>({
    query: QUERY,
    variables: { output },
  });
  for await (const { data, errors } of messages) {
    if (data?.results.rows === undefined) throw new Error(JSON.stringify(errors ?? data));
    pages.push(...data.results.rows.map(({ page }) => page));
    withheld += data.results.withheld ?? 0;
    if (pages.length + withheld >= count) break;
  }
  await client.dispose();
  return { pages: pages.sort(), withheld };
}
