import { accessToken, ask, subscribe, type OutputRef } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { postEvents } from "../../testkit/ingest.ts";
import type { OwnSource } from "../../testkit/own-source.ts";
import type { Endpoints } from "../../testkit/platform.ts";

/** An application of the demo's tenant that is there to be attacked. */
export class AttackedApplication {
  readonly endpoints: Endpoints;
  readonly id: string;
  readonly developer: string;
  readonly officer: string;

  private constructor(endpoints: Endpoints, id: string, developer: string, officer: string) {
    this.endpoints = endpoints;
    this.id = id;
    this.developer = developer;
    this.officer = officer;
  }

  static async create(
    endpoints: Endpoints,
    name: string,
    policy: {
      readonly purposes: readonly object[];
      readonly fields: readonly object[];
      readonly wordings?: readonly object[];
      readonly receiptsPurpose?: string;
    },
  ): Promise<AttackedApplication> {
    const developer = await accessToken(endpoints, "dev@demo.example");
    const officer = await accessToken(endpoints, "officer@demo.example");
    const { made } = await ask<{ made: { id: string } }>(
      endpoints,
      developer,
      "mutation ($n: String!) { made: createApplication(name: $n, slug: $n) { id } }",
      { n: name },
    );
    const application = new AttackedApplication(endpoints, made.id, developer, officer);
    await ask(
      endpoints,
      officer,
      `mutation ($a: ID!, $p: [PurposeInput!]!, $f: [FieldDeclarationInput!]!, $w: [WordingInput!], $r: String) {
        publishPolicy(application: $a, purposes: $p, fields: $f, wordings: $w, receiptsPurpose: $r) { stopped } }`,
      {
        a: made.id,
        p: policy.purposes,
        f: policy.fields,
        w: policy.wordings ?? [],
        r: policy.receiptsPurpose ?? "",
      },
    );
    return application;
  }

  async draft(name: string, purposes: readonly string[], steps: readonly object[], time?: object): Promise<string> {
    const { made } = await ask<{ made: { id: string } }>(
      this.endpoints,
      this.developer,
      `mutation ($a: ID!, $n: String!, $d: PipelineDefinitionInput!) {
        made: createPipeline(application: $a, name: $n, definition: $d) { id } }`,
      { a: this.id, n: name, d: { purposes, steps, ...(time === undefined ? {} : { time }) } },
    );
    return made.id;
  }

  /** Drafted, approved, and published; sources that are made afterwards send to it. */
  async pipeline(name: string, purposes: readonly string[], steps: readonly object[], time?: object): Promise<string> {
    const id = await this.draft(name, purposes, steps, time);
    const variables = { p: id };
    await ask(this.endpoints, this.officer, "mutation ($p: ID!) { approvePipeline(pipeline: $p) { id } }", variables);
    await ask(this.endpoints, this.developer, "mutation ($p: ID!) { publishPipeline(pipeline: $p) { id } }", variables);
    return id;
  }

  /** Granted; resolves once the edge takes events for it. */
  async source(
    name: string,
    purposes: readonly string[],
    kind: "REST" | "WEB" = "REST",
    origins: readonly string[] = [],
  ): Promise<OwnSource> {
    const { createSource } = await ask<{ createSource: { source: { id: string }; writeKey: string } }>(
      this.endpoints,
      this.developer,
      `mutation ($a: ID!, $n: String!, $k: SourceKind!, $o: [String!]!) {
        createSource(application: $a, name: $n, kind: $k, consentMode: SUBJECT, origins: $o) { source { id } writeKey } }`,
      { a: this.id, n: name, k: kind, o: origins },
    );
    const { id } = createSource.source;
    const grant = "mutation ($s: ID!, $p: [String!]!) { grantSource(source: $s, purposes: $p) { id } }";
    await ask(this.endpoints, this.officer, grant, { s: id, p: purposes });
    const status = async (): Promise<number> =>
      (await postEvents(this.endpoints, id, createSource.writeKey, "[]")).status;
    await eventually(status, 400, 20_000, 0);
    return { id, writeKey: createSource.writeKey };
  }

  /** Follows an output from its first row on. */
  follow(pipeline: string, output: string): Followed {
    const rows: Readonly<Record<string, unknown>>[] = [];
    const problems: unknown[] = [];
    const stop = subscribe(
      this.endpoints,
      this.developer,
      { application: this.id, pipeline, output } satisfies OutputRef,
      (message) => {
        if (message.__typename === "ResultRows") rows.push(...message.rows);
        else problems.push(message);
      },
      (error) => problems.push(error),
      { after: "0" },
    );
    return { rows, problems, stop };
  }

  async deadLetters(): Promise<readonly { readonly code: string; readonly row: Readonly<Record<string, unknown>> }[]> {
    const { deadLetters } = await ask<{ deadLetters: { code: string; row: Record<string, unknown> }[] }>(
      this.endpoints,
      this.developer,
      "query ($a: ID!) { deadLetters(application: $a, first: 200) { code row } }",
      { a: this.id },
    );
    return deadLetters;
  }
}

export interface Followed {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly problems: readonly unknown[];
  readonly stop: () => Promise<void>;
}
