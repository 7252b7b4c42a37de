import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { SignOut } from "../../../control-plane/auth/logout-token.ts";

export interface HeardSignOuts {
  readonly url: string;
  /** `sid`s of sessions that have ended */
  readonly sessions: readonly string[];
  /** what was no logout token */
  readonly refused: readonly unknown[];
  stop(): Promise<void>;
}

/** Takes what an issuer tells the control plane, judged by `judge` as there. */
export async function hearSignOuts(judge: (token: string) => Promise<SignOut>): Promise<HeardSignOuts> {
  const sessions: string[] = [];
  const refused: unknown[] = [];
  const server = createServer((request, response) => {
    const hear = async (): Promise<void> => {
      const token = new URLSearchParams(await text(request)).get("logout_token") ?? "";
      const { of } = await judge(token);
      if ("sid" in of) sessions.push(of.sid);
      else refused.push(of);
    };
    hear().then(
      () => response.end(),
      (error: unknown) => {
        refused.push(error);
        response.writeHead(400).end();
      },
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sessions,
    refused,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
