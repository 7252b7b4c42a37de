import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { accessToken, ask, subscribe } from "../../testkit/api.ts";
import type { Platform } from "../../testkit/platform.ts";
import { openTenantHub, type TenantHub } from "../../testkit/tenant-hub.ts";

/** Every place that a visitor's event could end up in: the demo's `live` events at a subscriber and each kind of destination, and the hub. */
export class EveryPlace {
  readonly hub: TenantHub;
  readonly problems: unknown[] = [];
  readonly #platform: Platform;
  readonly #token: string;
  readonly #table = `visitor_${randomBytes(4).toString("hex")}`;
  readonly #folder = mkdtempSync(join(tmpdir(), "o2mc-visitor-"));
  readonly #bodies: string[] = [];
  readonly #rows: string[] = [];
  readonly #made: { readonly destination: string; readonly delivery: string }[] = [];
  #receiver: Server | undefined;
  #unsubscribe: () => Promise<void> = () => Promise.resolve();

  private constructor(platform: Platform, hub: TenantHub, token: string) {
    this.#platform = platform;
    this.hub = hub;
    this.#token = token;
  }

  static async open(platform: Platform): Promise<EveryPlace> {
    const { endpoints } = platform;
    const hub = await openTenantHub(platform, endpoints.demo.tenant);
    const places = new EveryPlace(platform, hub, await accessToken(endpoints, "dev@demo.example"));
    await places.#deliver();
    const { application, pipelines } = endpoints.demo;
    places.#unsubscribe = subscribe(
      endpoints,
      places.#token,
      { application, pipeline: pipelines["live"] ?? "", output: "events" },
      (message) => {
        if (message.__typename === "ResultRows") places.#rows.push(...message.rows.map((row) => JSON.stringify(row)));
        else places.problems.push(message);
      },
      (error) => places.problems.push(error),
    );
    return places;
  }

  /** In how many rows, lines, bodies and hub messages of each place `text` stands. */
  async counts(text: string): Promise<Readonly<Record<string, number>>> {
    const holding = (texts: readonly string[]): number => texts.filter((each) => each.includes(text)).length;
    const published = (prefix: string): number => holding(this.hub.published(prefix).map((message) => message.text));
    return {
      subscriber: holding(this.#rows),
      postgres: holding(await this.#tableRows()),
      files: holding(this.#lines()),
      webhook: holding(this.#bodies),
      events: published("ev."),
      results: published("out."),
      deadLetters: published("dead."),
    };
  }

  async close(): Promise<void> {
    const { endpoints } = this.#platform;
    await this.#unsubscribe();
    for (const { destination, delivery } of this.#made) {
      await ask(endpoints, this.#token, "mutation ($id: ID!) { deleteDelivery(delivery: $id) }", { id: delivery });
      await ask(endpoints, this.#token, "mutation ($id: ID!) { deleteDestination(destination: $id) }", {
        id: destination,
      });
    }
    this.#receiver?.close();
    await this.hub.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #deliver(): Promise<void> {
    const { endpoints } = this.#platform;
    const receiver = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        this.#bodies.push(body);
        response.end();
      });
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
    this.#receiver = receiver;
    const { port } = receiver.address() as AddressInfo;
    const kinds = [
      { postgres: { ...endpoints.warehouse, table: this.#table, tls: false } },
      { file: { directory: this.#folder, format: "JSONL", rotateSeconds: 1 } },
      { webhook: { url: `http://127.0.0.1:${port}/`, secret: `whsec_${randomBytes(32).toString("base64")}` } },
    ];
    for (const options of kinds) {
      const { createDestination } = await ask<{ createDestination: { id: string } }>(
        endpoints,
        this.#token,
        `mutation ($name: String!, $options: DestinationOptionsInput!) {
          createDestination(name: $name, options: $options) { id } }`,
        { name: `${this.#table} ${Object.keys(options).join("")}`, options },
      );
      const { createDelivery } = await ask<{ createDelivery: { id: string } }>(
        endpoints,
        this.#token,
        `mutation ($pipeline: ID!, $destination: ID!) {
          createDelivery(pipeline: $pipeline, output: "events", destination: $destination) { id } }`,
        { pipeline: endpoints.demo.pipelines["live"], destination: createDestination.id },
      );
      this.#made.push({ destination: createDestination.id, delivery: createDelivery.id });
    }
    const officer = await accessToken(endpoints, "officer@demo.example");
    await ask(endpoints, officer, "mutation ($id: ID!) { approvePipeline(pipeline: $id) { id } }", {
      id: endpoints.demo.pipelines["live"],
    });
  }

  async #tableRows(): Promise<readonly string[]> {
    const client = new Client(this.#platform.endpoints.warehouse);
    await client.connect();
    try {
      const { rows } = await client.query(`select * from ${this.#table}`);
      return rows.map((row) => JSON.stringify(row));
    } catch (error) {
      // made with the first row
      if (error instanceof Error && "code" in error && error.code === "42P01") return [];
      throw error;
    } finally {
      await client.end();
    }
  }

  #lines(): readonly string[] {
    if (!existsSync(this.#folder)) return [];
    // what is not whole yet, too
    const names = readdirSync(this.#folder).filter((name) => /\.(jsonl|tmp)$/.test(name));
    return names.flatMap((name) => readFileSync(join(this.#folder, name), "utf8").split("\n"));
  }
}
