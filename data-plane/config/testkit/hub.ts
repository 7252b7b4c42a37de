import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { cells } from "@o2mc/schema/events/columns/column.ts";
import { FrameReader } from "@o2mc/schema/events/columns/decode.ts";
import type { Scalar } from "@o2mc/schema/events/frame.ts";
import { bucketRepublish, BUCKETS, bucketStream, STREAM_SUBJECTS, STREAMS } from "@o2mc/schema/subjects.ts";

/** A frame in the hub as tests compare it: what holds for all of it, and every column's cells by name. */
export interface StoredFrame {
  readonly subject: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly n: number;
  readonly columns: Readonly<Record<string, readonly Scalar[]>>;
}

/** A real nats-server without accounts, with the streams and buckets of one tenant. */
export class TestHub {
  url = "";
  nats!: NatsConnection;
  jsm!: JetStreamManager;
  readonly #directory = mkdtempSync(join(tmpdir(), "o2mc-hub-"));
  #child: ChildProcess | undefined;
  readonly #binary: string;
  #port = -1;

  private constructor(binary: string) {
    this.#binary = binary;
  }

  /** `binary` is the nats-server to run. */
  static async start(binary = "nats-server"): Promise<TestHub> {
    const hub = new TestHub(binary);
    await hub.restart();
    hub.url = `127.0.0.1:${hub.#port}`;
    hub.nats = await connect({
      servers: hub.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      inboxPrefix: "_INBOX_edge",
    });
    hub.jsm = await jetstreamManager(hub.nats);
    await hub.jsm.streams.add({
      name: STREAMS.events,
      subjects: [...STREAM_SUBJECTS.events],
      retention: "workqueue",
      discard: "new",
      max_bytes: 16 * 1024 * 1024,
      allow_atomic: true,
    });
    await hub.jsm.streams.add({
      name: STREAMS.receipts,
      subjects: [...STREAM_SUBJECTS.receipts],
      deny_delete: true,
      deny_purge: true,
      allow_atomic: true,
    });
    const kvm = new Kvm(hub.nats);
    for (const bucket of [BUCKETS.consent, BUCKETS.deployments]) {
      await kvm.create(bucket, { republish: bucketRepublish(bucket) });
    }
    await hub.jsm.streams.update(bucketStream(BUCKETS.consent), { allow_atomic: true });
    return hub;
  }

  /** Resolves once it listens; the first start takes any port, later ones the same. */
  async restart(): Promise<void> {
    const child = spawn(this.#binary, ["-a", "127.0.0.1", "-p", String(this.#port), "-js", "-sd", this.#directory], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    const log = await new Promise<string>((resolve, reject) => {
      let text = "";
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        if (text.includes("Server is ready")) resolve(text);
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`nats-server ended with ${code}:\n${text}`)));
    });
    this.#port = Number(/client connections on [\d.]+:(\d+)/.exec(log)?.[1]);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** All frames that are in the hub. */
  async frames(): Promise<StoredFrame[]> {
    const { state } = await this.jsm.streams.info(STREAMS.events);
    const found: StoredFrame[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await this.jsm.streams.getMessage(STREAMS.events, { seq });
      if (message !== null) found.push(storedFrame(message.subject, message.data));
    }
    return found;
  }

  async clear(): Promise<void> {
    await this.jsm.streams.purge(STREAMS.events);
  }

  async stop(): Promise<void> {
    await this.nats.close();
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function storedFrame(subject: string, message: Uint8Array): StoredFrame {
  const reader = new FrameReader(message);
  const columns: Record<string, readonly Scalar[]> = {};
  for (const name of reader.names) {
    const column = reader.column(name);
    if (column !== undefined) columns[name] = cells(column, reader.n);
  }
  return { subject, attributes: reader.attributes, n: reader.n, columns };
}
