import { WebSocket } from "ws";
import { subscribe, type OutputRef, type ResultMessage } from "./api.ts";
import type { Endpoints } from "./platform.ts";

const AGAIN_MS = 200;

/** A subscriber as it should be: whatever ends its connection, it comes back to the cursor of the last rows that it has. */
export class ResultsFollower {
  /** of every row, as they came */
  readonly ids: string[] = [];
  readonly gaps: ResultMessage[] = [];
  connections = 0;
  readonly #open: () => () => Promise<void>;
  readonly #cutEvery: number;
  #cursor: string;
  #messages = 0;
  #socket: WebSocket | undefined;
  #close: () => Promise<void> = () => Promise.resolve();
  #stopped = false;

  /** Loses its connection, without a word to the other side, at every `cutEvery`th message. */
  constructor(endpoints: Endpoints, token: string, output: OutputRef, after: string, cutEvery: number) {
    this.#cursor = after;
    this.#cutEvery = cutEvery;
    this.#open = () => this.#connect(endpoints, token, output);
    this.#close = this.#open();
  }

  get connected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#close();
  }

  #connect(endpoints: Endpoints, token: string, output: OutputRef): () => Promise<void> {
    const made: WebSocket[] = [];
    class Socket extends WebSocket {
      constructor(address: string, protocols?: string | string[]) {
        super(address, protocols);
        made.push(this);
      }
    }
    let lost = false;
    const lose = (): void => {
      if (lost) return;
      lost = true;
      for (const socket of made) socket.terminate();
      if (!this.#stopped) setTimeout(() => !this.#stopped && (this.#close = this.#open()), AGAIN_MS);
    };
    const onMessage = (message: ResultMessage): void => {
      // what was under way when the line broke never came
      if (lost) return;
      if (message.__typename === "ResultGap") return void this.gaps.push(message);
      this.#cursor = message.cursor;
      this.ids.push(...message.rows.map((row) => String(row["id"])));
      this.#messages += 1;
      if (this.#messages % this.#cutEvery === 0) lose();
    };
    const close = subscribe(endpoints, token, output, onMessage, lose, {
      after: this.#cursor,
      onClosed: lose,
      sockets: Socket as typeof WebSocket,
    });
    this.connections += 1;
    this.#socket = made[0];
    return close;
  }
}
