import { createClient } from "graphql-ws";
import type { Row } from "./live-row.ts";

export type ResultMessage =
  | { readonly __typename: "ResultRows"; readonly cursor: string; readonly rows: readonly Row[] }
  | { readonly __typename: "ResultGap"; readonly from: string; readonly until: string; readonly reason: string };

type Data = { readonly results: ResultMessage };

const RETRY_MS = 2000;

interface LiveConfig {
  readonly url: string;
  /** the subscription, by the hash of its text */
  readonly extensions: Record<string, unknown>;
  readonly application: string;
  readonly pipeline: string;
}

async function getJson<T>(path: string): Promise<T> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}

/** Follows one output for ever; after a break it goes on behind the last cursor that it saw. */
export async function follow(
  output: string,
  onMessage: (message: ResultMessage) => void,
  onState: (state: "live" | "waiting") => void,
): Promise<never> {
  let after: string | undefined;
  for (;;) {
    try {
      const { url, extensions, application, pipeline } = await getJson<LiveConfig>("/live/config");
      const client = createClient({
        url,
        retryAttempts: 0,
        connectionParams: async () => ({
          authorization: `Bearer ${(await getJson<{ token: string }>("/live/token")).token}`,
        }),
        on: { connected: () => onState("live") },
      });
      const variables = { output: { application, pipeline, output }, ...(after === undefined ? {} : { after }) };
      try {
        for await (const { data } of client.iterate<Data>({ query: "", extensions, variables })) {
          if (!data) break;
          if (data.results.__typename === "ResultRows") after = data.results.cursor;
          onMessage(data.results);
        }
      } finally {
        void client.dispose();
      }
    } catch {
      // not set up yet, or the connection broke: both pass
    }
    onState("waiting");
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
