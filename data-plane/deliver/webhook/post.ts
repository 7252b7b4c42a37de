import { Agent as HttpAgent, type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Connector } from "@o2mc/runtime/outgoing/connector.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 << 10;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/**
 * POSTs to one address, by a connection that is kept. Not `fetch`: that one can't be told which addresses to connect to.
 * A redirect is an answer like any other: it is never followed.
 */
export class Poster {
  readonly #url: URL;
  readonly #port: number;
  readonly #connector: Connector;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(url: string, connector: Connector) {
    this.#url = new URL(url);
    const secure = this.#url.protocol === "https:";
    this.#port = this.#url.port === "" ? (secure ? 443 : 80) : Number(this.#url.port);
    this.#connector = connector;
    this.#agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 });
  }

  /** Throws an OutgoingRefused when this address is not one to connect to now; the resolver's error when there is none. */
  async check(): Promise<void> {
    await this.#connector.check(this.#url.hostname.replace(/^\[(.*)\]$/, "$1"), this.#port);
  }

  async post(headers: Readonly<Record<string, string>>, body: string): Promise<Answer> {
    this.#connector.refuseLiteral(this.#url.hostname, this.#port);
    const request = this.#url.protocol === "https:" ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const call = request(this.#url, {
        method: "POST",
        agent: this.#agent,
        lookup: this.#connector.lookup(this.#port),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
      });
      call.on("error", reject);
      call.on("response", (response) => {
        // read to its end, so that the connection can be used again, unless it has none
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES) response.destroy();
        });
        response.on("error", () => undefined);
        resolve({ status: response.statusCode ?? 0, headers: response.headers });
      });
      call.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
