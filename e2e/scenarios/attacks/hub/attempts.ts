import { BUCKETS, HUB_API } from "@o2mc/schema/subjects.ts";

/** Something that a thief of a credential asks of the hub. */
export interface Attempt {
  readonly what: string;
  readonly subject: string;
  readonly payload?: string;
  /** where the hub is to send its answer; the thief's own inbox unless named */
  readonly reply?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the thief knows of the tenant: everything. Names are no secret. */
export interface Target {
  readonly application: string;
  /** lanes, pipelines and consumers that the credential is not for */
  readonly lane: string;
  readonly pipeline: string;
  readonly consumer: string;
  readonly delivery: string;
}

/** stands in all that is forged */
export const FORGED = "FORGED";

const STREAMS = [
  "EVENTS",
  "RESULTS",
  "DEAD",
  "RECEIPTS",
  "CHECKPOINTS",
  ...Object.values(BUCKETS).map((bucket) => `KV_${bucket}`),
];

/** jetstream_api.go of nats-server 2.15.1, all of it */
const OF_A_STREAM = [
  "CREATE",
  "UPDATE",
  "INFO",
  "DELETE",
  "PURGE",
  "SNAPSHOT",
  "RESTORE",
  "MSG.GET",
  "MSG.DELETE",
  "PEER.REMOVE",
  "PEER.EVACUATE",
  "CANCEL_MOVE",
  "LEADER.STEPDOWN",
].map((verb) => `STREAM.${verb}`);
const OF_CONSUMERS = ["CONSUMER.CREATE", "CONSUMER.NAMES", "CONSUMER.LIST", "DIRECT.GET"];
const OF_A_CONSUMER = [
  "CREATE",
  "DURABLE.CREATE",
  "INFO",
  "DELETE",
  "PAUSE",
  "MSG.NEXT",
  "RESET",
  "UNPIN",
  "LEADER.STEPDOWN",
  "PEER.REMOVE",
  "PEER.EVACUATE",
].map((verb) => `CONSUMER.${verb}`);
const OF_THE_ACCOUNT = [
  "INFO",
  "STREAM.NAMES",
  "STREAM.LIST",
  "META.LEADER.STEPDOWN",
  "META.RESCUE",
  "SERVER.REMOVE",
  "SERVER.EVACUATE",
  "ACCOUNT.PURGE.X",
  "ACCOUNT.STREAM.MOVE.X.EVENTS",
  "ACCOUNT.STREAM.CANCEL_MOVE.X.EVENTS",
];

const PAYLOADS: Readonly<Record<string, string>> = {
  "STREAM.MSG.GET": '{"seq":1}',
  "STREAM.MSG.DELETE": '{"seq":1}',
  "STREAM.SNAPSHOT": '{"deliver_subject":"_INBOX_process.snapshot"}',
  "DIRECT.GET": '{"seq":1,"next_by_subj":">","batch":100}',
  "CONSUMER.MSG.NEXT": '{"batch":10,"no_wait":true,"group":"owner"}',
  "CONSUMER.UNPIN": '{"group":"owner"}',
};

/** Each verb of JetStream's API, under its own name and under the one that data-plane users know. */
export function apiAttempts({ consumer, delivery }: Target): Attempt[] {
  const calls: Attempt[] = [];
  const call = (verb: string, names: string, payload = PAYLOADS[verb] ?? ""): void => {
    for (const prefix of ["$JS.API", HUB_API]) {
      calls.push({ what: verb, subject: [prefix, verb, names].filter((part) => part !== "").join("."), payload });
    }
  };
  for (const verb of OF_THE_ACCOUNT) call(verb, "");
  for (const stream of STREAMS) for (const verb of [...OF_A_STREAM, ...OF_CONSUMERS]) call(verb, stream);
  for (const verb of OF_A_CONSUMER) {
    call(verb, `EVENTS.${consumer}`);
    call(verb, `RESULTS.d-${delivery}`);
  }
  for (const [config, stream] of Object.entries(CONSUMERS)) call("CONSUMER.CREATE", `${stream}.thief`, config);
  for (const config of COPIES) call("STREAM.CREATE", "COPY", config);
  for (const bucket of Object.values(BUCKETS)) call("DIRECT.GET", `KV_${bucket}.$KV.${bucket}.>`);
  return calls;
}

/** with the options of destinations, sealed */
const DESTINATIONS = `KV_${BUCKETS.destinations}`;

const consumer = (stream: string, config: object): string =>
  JSON.stringify({ stream_name: stream, config: { name: "thief", ack_policy: "none", ...config } });

/** filterless, of another lane, pushing what the thief wrote to where only the gate may write */
const CONSUMERS: Readonly<Record<string, string>> = {
  [consumer("EVENTS", {})]: "EVENTS",
  [consumer("RESULTS", {})]: "RESULTS",
  [consumer("KV_checkpoints", { deliver_subject: "ev.forged.lane.0" })]: "KV_checkpoints",
  [consumer("KV_consent", { deliver_subject: "out.forged.p.o" })]: "KV_consent",
  [consumer(DESTINATIONS, { deliver_subject: "_INBOX_process.thief" })]: DESTINATIONS,
};

const COPIES = [
  { mirror: { name: "EVENTS" } },
  { sources: [{ name: "RESULTS" }] },
  { subjects: ["copy.>"], republish: { src: ">", dest: "ev.forged.>" } },
  { subjects: ["ev.>"] },
  { mirror: { name: DESTINATIONS, external: { api: "$JS.API" } } },
].map((config) => JSON.stringify({ name: "COPY", storage: "file", ...config }));

/** Subjects that only somebody else may publish to. */
export function foreignSubjects({ application: app, lane, pipeline, consumer: name, delivery }: Target): string[] {
  return [
    `out.${app}.${pipeline}.events`,
    `tick.${app}.${lane}.0`,
    `erase.${app}.${lane}.0`,
    `dead.${app}.process.${pipeline}`,
    `$KV.${BUCKETS.deployments}.${app}`,
    `$KV.${BUCKETS.lanes}.${app}.${lane}`,
    `$KV.${BUCKETS.destinations}.forged`,
    `$KV.${BUCKETS.checkpointHeads}.${app}.${lane}.0`,
    `cp.${app}.${lane}.0.w.0.0`,
    `kv.${BUCKETS.consent}.${app}.forged`,
    `kv.${BUCKETS.deployments}.${app}`,
    `live.out.${app}.${pipeline}.events`,
    `$JS.ACK.EVENTS.${name}.1.1.1.1.0`,
    `$JS.ACK.RESULTS.d-${delivery}.1.1.1.1.0`,
    `$JS.ACK.EVENTS.${name}.1.1.1.1.0.token`,
    `$JS.ACK.hub.account.EVENTS.${name}.1.1.1.1.0.token`,
    "$JS.FC.EVENTS.thief.1",
    "$JS.EVENT.ADVISORY.API",
    "_INBOX_edge.x",
    "_INBOX_deliver.x",
    "_INBOX.x",
    "_R_.x.y",
    "$SRV.PING",
    ...["CLAIMS.UPDATE", "CLAIMS.DELETE", "CLAIMS.LIST", "CLAIMS.PACK", "SERVER.PING", "USER.INFO"].map(
      (verb) => `$SYS.REQ.${verb}`,
    ),
    "$SYS.REQ.SERVER.PING.CONNZ",
    "$SYS.REQ.ACCOUNT.PING.CONNZ",
    "$SYS.REQ.ACCOUNT.PING.STATZ",
    "$SYS.REQ.SERVER.RELOAD",
    "$SYS.ACCOUNT.X.DISCONNECT",
  ];
}

/** Subjects that belong to the gate, and to nobody behind it. */
export const gateSubjects = ({ application, lane, delivery }: Target): string[] => [
  `ev.${application}.${lane}.0`,
  `erase.${application}.${lane}.0`,
  `forget.${application}.${delivery}`,
  `$KV.${BUCKETS.consent}.${application}.forged`,
  `receipt.${application}.forged`,
];

const ACKS = ["+ACK", "-NAK", "+TERM", "+WPI", "+NXT"];

export function publishAttempts(subjects: readonly string[]): Attempt[] {
  return subjects.flatMap((subject) =>
    (subject.startsWith("$JS.ACK") ? ACKS : [FORGED]).map((payload) => ({
      what: `publish ${payload}`,
      subject,
      payload,
    })),
  );
}

/**
 * The hub as deputy: it is asked for something that the credential may have, and told to send the answer, whose content the
 * thief wrote before, to where the thief may not publish.
 */
export function deputyAttempts(own: readonly Attempt[], subjects: readonly string[]): Attempt[] {
  const commands = [
    "STREAM.CREATE.COPY",
    "STREAM.DELETE.EVENTS",
    "STREAM.PURGE.EVENTS",
    "CONSUMER.CREATE.EVENTS.thief",
  ];
  const targets = [...subjects, ...commands.flatMap((call) => [`$JS.API.${call}`, `${HUB_API}.${call}`])];
  return own.flatMap((request) =>
    targets.map((reply) => ({ ...request, what: `${request.what}, answer as ${reply}`, reply })),
  );
}

/** Headers that make streams do something else with a message. */
export const headerAttempts = (subject: string): Attempt[] =>
  [
    { "Nats-Rollup": "all" },
    { "Nats-Trace-Dest": "ev.forged.lane.0" },
    { "Nats-Trace-Dest": "_INBOX_edge.trace", "Nats-Trace-Only": "true" },
    { "Nats-Schedule": "@every 1s", "Nats-Schedule-Target": "ev.forged.lane.0" },
    { "Nats-Incr": "1" },
  ].map((headers) => ({ what: JSON.stringify(headers), subject, payload: FORGED, headers }));

export const LISTEN = [
  ">",
  "*.>",
  "ev.>",
  "out.>",
  "live.>",
  "live.out.>",
  "tick.>",
  "erase.>",
  "forget.>",
  "dead.>",
  "receipt.>",
  "cp.>",
  "$KV.>",
  "kv.>",
  "_INBOX.>",
  "_INBOX_edge.>",
  "_INBOX_process.>",
  "_INBOX_deliver.>",
  "_R_.>",
  "_GR_.>",
  "$JS.>",
  "$JS.ACK.>",
  "$JS.API.>",
  "$JS.EVENT.>",
  "hub.>",
  "$SYS.>",
  "$SYS.ACCOUNT.>",
  "$SRV.>",
  "$O.>",
  "$MQTT.>",
  ...Object.values(BUCKETS).map((bucket) => `kv.${bucket}.>`),
];
