import { readFileSync } from "node:fs";
import { join } from "node:path";
import { STREAMS } from "@o2mc/schema/subjects.ts";
import { Client } from "pg";
import { SecretBox, secretContext } from "../../control-plane/db/secret.ts";
import { connectTenant, type TenantConnection } from "../../control-plane/hub/connection.ts";
import type { Platform } from "./platform.ts";

/** A message as it was published into the tenant's account. */
export interface Published {
  readonly subject: string;
  readonly data: Uint8Array;
  /** for a search: every text of a frame stands in it in one piece */
  readonly text: string;
}

/** The hub of one tenant as nobody but its operator sees it: every message, from the moment of opening on. */
export interface TenantHub {
  readonly connection: TenantConnection;
  /** what was published on a subject that begins with `prefix`, oldest first */
  published(prefix: string): readonly Published[];
  /** resolves with the next message that is published on such a subject */
  next(prefix: string): Promise<Published>;
  /** messages and last sequence of EVENTS */
  events(): Promise<{ readonly messages: number; readonly lastSeq: number }>;
  /** frames that the consumers of a stream have not been given or have not acknowledged */
  unfinished(stream: "EVENTS" | "RESULTS", consumerPrefix: string): Promise<number>;
  close(): Promise<void>;
}

/** `ev` frames, `tick`s, results (`out`), dead letters and consent states. */
const WATCHED = ["ev.>", "tick.>", "out.>", "dead.>", "$KV.consent.>"];

/** Needs the data folder's secrets: the account's seed is sealed in the control plane's database. */
export async function openTenantHub({ dataDir, endpoints }: Platform, tenant: string): Promise<TenantHub> {
  const read = (name: string): string => readFileSync(join(dataDir, name), "utf8");
  const secrets = JSON.parse(read("secrets.json")) as { readonly databaseOwner: string };
  const ports = JSON.parse(read("ports.json")) as { readonly nats: number };
  const { host, port } = endpoints.warehouse;
  const sealed = await sealedSeed(
    { host, port, database: "o2mc", user: "o2mc_owner", password: secrets.databaseOwner },
    tenant,
  );
  const box = new SecretBox(Buffer.from(read("control-plane.key").trim(), "hex"));
  const seed = box.open(sealed, secretContext.accountSeed(tenant));
  const connection = await connectTenant(`nats://127.0.0.1:${ports.nats}`, tenant, seed);
  const { nc, jsm } = connection;
  const seen: Published[] = [];
  const waiting = new Set<(message: Published) => void>();
  for (const subject of WATCHED) {
    nc.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        const published = { subject: message.subject, data: message.data, text: message.string() };
        seen.push(published);
        for (const wake of waiting) wake(published);
      },
    });
  }
  await nc.flush();
  return {
    connection,
    published: (prefix) => seen.filter(({ subject }) => subject.startsWith(prefix)),
    next: (prefix) =>
      new Promise((done) => {
        const wake = (message: Published): void => {
          if (!message.subject.startsWith(prefix)) return;
          waiting.delete(wake);
          done(message);
        };
        waiting.add(wake);
      }),
    events: async () => {
      const { state } = await jsm.streams.info(STREAMS.events);
      return { messages: state.messages, lastSeq: state.last_seq };
    },
    unfinished: async (stream, consumerPrefix) => {
      let frames = 0;
      for await (const { name, num_pending, num_ack_pending } of jsm.consumers.list(stream)) {
        if (name.startsWith(consumerPrefix)) frames += num_pending + num_ack_pending;
      }
      return frames;
    },
    close: () => nc.close(),
  };
}

async function sealedSeed(database: object, tenant: string): Promise<string> {
  const client = new Client(database);
  await client.connect();
  try {
    // row-level security is forced on the owner too
    await client.query("select set_config('app.tenant', $1, false)", [tenant]);
    const { rows } = await client.query<{ seed: string }>("select account_seed as seed from tenants where id = $1", [
      tenant,
    ]);
    const seed = rows[0]?.seed;
    if (seed === undefined) throw new Error(`no tenant ${tenant}`);
    return seed;
  } finally {
    await client.end();
  }
}
