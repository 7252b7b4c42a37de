import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createHash } from "node:crypto";
import { TestHub } from "@o2mc/data-plane/config/testkit/hub.ts";
import type { Tenant } from "@o2mc/data-plane/config/tenants.ts";
import { Counters } from "@o2mc/data-plane/edge/counters.ts";
import { Registry } from "@o2mc/data-plane/edge/registry.ts";
import { createEdgeServer } from "@o2mc/data-plane/edge/server.ts";
import { createLogger } from "@o2mc/runtime/log.ts";
import { cells } from "@o2mc/schema/events/columns/column.ts";
import { FrameReader } from "@o2mc/schema/events/columns/decode.ts";
import { consentKey, STREAMS } from "@o2mc/schema/subjects.ts";
import { judge, keyOf, rowText, type Verdict } from "./oracle.ts";
import { UNDECLARED, type RequestFacts, type World } from "./world.ts";
import { bodyOf } from "./write.ts";

const KEY = "wk_fuzz";
const SALT = "5a".repeat(32);
const IP = "127.0.0.1";
const ENVELOPE = ["$id", "$type", "$time", "$source", "#key"];
/** the stream holds 16 MB */
const CLEAR_EVERY = 100;

/** The edge's whole HTTP door, with a real gate and a real hub behind it. */
export class Door {
  readonly #hub: TestHub;
  readonly #registry: Registry;
  readonly #tenant: Tenant;
  readonly #server: Server;
  readonly #base: string;
  /** messages by application */
  readonly #seen = new Map<string, { subject: string; data: Uint8Array }[]>();
  /** events by how they fared, as the edge said: a fuzzer that never meets a rule says nothing about it */
  readonly fared: Record<string, number> = {};
  #worlds = 0;
  #states = 0;

  private constructor(hub: TestHub, registry: Registry, tenant: Tenant, server: Server) {
    this.#hub = hub;
    this.#registry = registry;
    this.#tenant = tenant;
    this.#server = server;
    this.#base = `http://${IP}:${(server.address() as AddressInfo).port}`;
  }

  static async open(natsServer: string | undefined): Promise<Door> {
    const hub = await TestHub.start(natsServer);
    const log = createLogger("fuzz", "silent");
    const counters = new Counters();
    const registry = new Registry(counters, log);
    const tenant = { id: "t1", nats: hub.nats };
    registry.addTenant(tenant);
    const server = createEdgeServer({
      registry,
      counters,
      log,
      settled: () => true,
      snippet: undefined,
      publicUrl: () => "",
      bodyLimit: 1024 * 1024,
    });
    server.listen(0, IP);
    await once(server, "listening");
    const door = new Door(hub, registry, tenant, server);
    hub.nats.subscribe("ev.>", {
      callback: (_, { subject, data }) => void door.#seen.get(subject.split(".")[1] ?? "")?.push({ subject, data }),
    });
    await hub.nats.flush();
    return door;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await this.#registry.close();
    await this.#hub.stop();
  }

  /** Throws where the door and the oracle differ. */
  async run(world: World): Promise<void> {
    if (this.#worlds % CLEAR_EVERY === 0) await this.#hub.jsm.streams.purge(STREAMS.events);
    const application = `app${this.#worlds++}`;
    const source = `src-${application}`;
    this.#deploy(world, application, source);
    try {
      for (const request of world.requests) await this.#request(world, request, application, source);
    } finally {
      this.#registry.undeploy(this.#tenant, application);
      this.#seen.delete(application);
    }
  }

  /** The first request with its bytes changed: answered by the catalogue, and nothing invisible gets anywhere. */
  async runBroken(
    world: World,
    change: (body: Buffer<ArrayBuffer>) => Buffer<ArrayBuffer>,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const [request] = world.requests;
    if (request === undefined) return;
    if (this.#worlds % CLEAR_EVERY === 0) await this.#hub.jsm.streams.purge(STREAMS.events);
    const application = `app${this.#worlds++}`;
    const source = `src-${application}`;
    this.#deploy(world, application, source);
    const seen: { subject: string; data: Uint8Array }[] = [];
    this.#seen.set(application, seen);
    const { status, text } = await this.#post(
      source,
      change(Buffer.concat([Buffer.from(bodyOf(request, Date.now()))])),
      request,
      headers,
    );
    await this.#hub.nats.flush();
    this.#registry.undeploy(this.#tenant, application);
    this.#seen.delete(application);
    if (![202, 400, 403, 413, 415].includes(status)) throw new Error(`${status}: ${text}`);
    for (const { subject, data } of seen) checkVisible(world, subject, data);
  }

  #deploy({ policy, lanes, source: { kind, consentMode, grant }, states }: World, application: string, source: string) {
    const now = Date.now();
    this.#registry.deploy(this.#tenant, {
      formatVersion: 1,
      tenant: "t1",
      application,
      revision: 1,
      policy,
      lanes,
      sources: [
        {
          id: source,
          name: source,
          kind,
          consentMode,
          grant,
          origins: [],
          writeKeyHashes: [createHash("sha256").update(KEY).digest("hex")],
        },
      ],
      pipelines: [],
      deliveries: [],
      subjectSalt: SALT,
    });
    const consent = this.#registry.source(source)?.edge.consent;
    for (const [subject, { purposes, policyVersion, age }] of states) {
      const state = { purposes, policyVersion, givenAt: now - age, receipt: "r" };
      consent?.learn(consentKey(application, keyOf(SALT, subject)), state, ++this.#states);
    }
  }

  async #request(world: World, request: RequestFacts, application: string, source: string): Promise<void> {
    const now = Date.now();
    const seen: { subject: string; data: Uint8Array }[] = [];
    this.#seen.set(application, seen);
    const { status, text } = await this.#post(source, bodyOf(request, now), request);
    // what was published before its acknowledgement came is here when the answer to this is
    await this.#hub.nats.flush();
    const verdict = judge(world, request, { source, salt: SALT, ip: IP });
    const rows = seen.flatMap(({ subject, data }) => rowsOf(subject, data, now));
    const mustBe = [...verdict.rows].sort();
    const is = rows.sort();
    if (JSON.stringify(is) !== JSON.stringify(mustBe)) {
      throw new Error(`the lanes got\n${is.join("\n")}\nand not\n${mustBe.join("\n")}`);
    }
    checkAnswer(world, status, text, verdict);
    const { accepted = 0, denied = [] } = JSON.parse(text) as Partial<Told>;
    for (const { reason, count } of [{ reason: "accepted", count: accepted }, ...denied]) {
      this.fared[reason] = (this.fared[reason] ?? 0) + count;
    }
  }

  async #post(
    source: string,
    body: string | Buffer<ArrayBuffer>,
    { gpc, dnt, form }: RequestFacts,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.#base}/v1/sources/${source}/events`, {
      method: "POST",
      body,
      headers: {
        authorization: `Bearer ${KEY}`,
        "content-type": form === "lines" ? "application/x-ndjson" : "application/json",
        ...(gpc === undefined ? {} : { "sec-gpc": gpc }),
        ...(dnt === undefined ? {} : { dnt }),
        ...headers,
      },
    });
    return { status: response.status, text: await response.text() };
  }
}

interface Told {
  readonly accepted: number;
  readonly denied: readonly { readonly reason: string; readonly count: number }[];
  readonly rejected: readonly { readonly index: number }[];
}

function checkAnswer({ source }: World, status: number, text: string, verdict: Verdict): void {
  if (verdict.refused) {
    if (status !== 403) throw new Error(`${status} and not 403: ${text}`);
    return;
  }
  if (status !== 202) throw new Error(`${status}: ${text}`);
  const answer = JSON.parse(text) as Told;
  const rejected = answer.rejected.map(({ index }) => index);
  if (JSON.stringify(rejected) !== JSON.stringify(verdict.rejected)) {
    throw new Error(`rejected were ${rejected.join()} and not ${verdict.rejected.join()}: ${text}`);
  }
  // a public key is told of its own claims only
  const right = source.kind === "web" ? answer.accepted >= verdict.permitted : answer.accepted === verdict.permitted;
  if (!right) throw new Error(`accepted were ${answer.accepted} and not ${verdict.permitted}`);
}

function checkVisible({ policy, lanes }: World, subject: string, data: Uint8Array): void {
  const lane = lanes.find(({ id }) => id === subject.split(".")[2]);
  const reader = new FrameReader(data);
  for (const name of reader.names.filter((each) => !ENVELOPE.includes(each))) {
    const seenBy = policy.fields.find(({ path }) => path === name)?.purposes ?? [];
    if (lane?.purposes.every((purpose) => seenBy.includes(purpose)) === true) continue;
    const values = cells(reader.column(name) ?? nothing(name), reader.n);
    if (values.some((value) => value !== null)) throw new Error(`${name} is in ${subject}`);
  }
  if (Buffer.from(data).includes(UNDECLARED)) throw new Error(`what is not declared is in ${subject}`);
}

function rowsOf(subject: string, data: Uint8Array, now: number): string[] {
  const lane = subject.split(".")[2] ?? "";
  const reader = new FrameReader(data);
  const columns = reader.names.map((name) => [name, cells(reader.column(name) ?? nothing(name), reader.n)] as const);
  return Array.from({ length: reader.n }, (_, row) => {
    const cell = (name: string): unknown => columns.find(([other]) => other === name)?.[1][row];
    const envelope = ENVELOPE.map((name) => (name === "$time" ? Number(cell(name)) - now : cell(name)));
    const others = columns.filter(([name]) => !ENVELOPE.includes(name)).map(([name, values]) => [name, values[row]]);
    return rowText(lane, envelope, others);
  });
}

function nothing(name: string): never {
  throw new Error(`no column ${name}`);
}
