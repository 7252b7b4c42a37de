import type { FieldDeclaration, Policy } from "../consent/policy.ts";
import type { OutputType } from "../pipeline/types.ts";
import type { PipelineDefinition } from "../pipeline/definition.ts";

/**
 * What the data plane runs for one application: one document, one revision, written by publish in one KV put, so that
 * edge, process and deliver always agree on a revision. It holds no secret: write keys are hashed, destination options
 * are in a bucket of deliver's own.
 */
export interface Deployment {
  readonly formatVersion: 1;
  readonly tenant: string;
  readonly application: string;
  /** rises by one at each publish of the application */
  readonly revision: number;
  readonly policy: Policy;
  readonly sources: readonly DeployedSource[];
  readonly lanes: readonly DeployedLane[];
  readonly pipelines: readonly DeployedPipeline[];
  readonly deliveries: readonly DeployedDelivery[];
  /** the tenant's, as far as the edge keeps them; what is absent is not limited */
  readonly limits?: { readonly eventsPerSecond?: number };
  /** hex, 32 bytes: HMAC key that turns a subject into a `subjectKey`; the tenant's own */
  readonly subjectSalt: string;
}

export interface DeployedSource {
  readonly id: string;
  readonly name: string;
  /** `consent`: the receipts of the application, which no request sends */
  readonly kind: "rest" | "web" | "consent";
  /** lower-case hex SHA-256 of each write key that is not revoked */
  readonly writeKeyHashes: readonly string[];
  /** of those among them that end by themselves: hash → epoch ms */
  readonly writeKeyEnds?: Readonly<Record<string, number>>;
  /** web sources only: the write key that pages get by the site's configuration; any visitor can read it */
  readonly publicWriteKey?: string;
  /** allowed CORS origins, `https://shop.example`; for a web source also what the snippet is recognised by */
  readonly origins: readonly string[];
  /**
   * Who permits: `subject` = each event's own consent or its stored receipt; `owner` = the source's data owner, whose
   * grant as a whole covers the purposes in `grant` (a company's own machine data).
   */
  readonly consentMode: "subject" | "owner";
  /** its events' own claims become the stored consent of their subjects; of `subject` and `rest` only */
  readonly consentAuthority?: true;
  /** the source owner's grant; `granted: false` = every request is answered 403 */
  readonly grant: { readonly granted: boolean; readonly purposes: readonly string[] };
}

export interface DeployedLane {
  /** `laneId(purposes)` */
  readonly id: string;
  readonly purposes: readonly string[];
  readonly partitions: number;
  /** read set of the lane's pipelines, each visible to every purpose of the lane; the only columns a frame carries */
  readonly fields: readonly FieldDeclaration[];
  /** what the state of one of its partitions may take; absent = not limited */
  readonly stateBytes?: number;
}

export interface DeployedPipeline {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  /** the deployment revision this version appeared in: it skips frames cut before */
  readonly since: number;
  readonly lane: string;
  readonly definition: PipelineDefinition;
  readonly outputs: readonly OutputType[];
}

export interface DeployedDelivery {
  readonly id: string;
  readonly pipeline: string;
  readonly output: string;
  readonly destination: string;
}

/** What `BUCKETS.destinations` holds, sealed (`SealedDestination`). */
export interface DestinationConfig {
  readonly id: string;
  readonly name: string;
  /** exactly one key: the kind; the value: that kind's checked options, secrets included */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly revision: number;
}

/** Value in `BUCKETS.destinations`: a `DestinationConfig` that only deliver can open, wherever it is copied to. */
export interface SealedDestination {
  /** key pair's public key that it is sealed for, the sender's, and the box in base64: runtime/sealed.ts */
  readonly recipient: string;
  readonly sender: string;
  readonly box: string;
  /** keyed, of what is inside and for whom: the control plane tells by it whether anything has changed */
  readonly digest: string;
}

/** Value in a directory bucket: how a data-plane role reaches one tenant's data, and process one lane's. */
export interface TenantAccess {
  readonly tenant: string;
  /** user JWT and its seed; the next ones come here before these expire */
  readonly jwt: string;
  readonly seed: string;
  /** prefix of JetStream's API for this user; `$JS.API` where it is not named */
  readonly api?: string;
  /** process only: the one lane that it opens */
  readonly lane?: LaneAccess;
  /** deliver only: keys the message ids of its dead letters, which lanes write to the same stream; the same for ever */
  readonly messageKey?: string;
}

export interface LaneAccess {
  readonly application: string;
  readonly id: string;
  /** keys the message ids of what the lane publishes: no other lane can take them first; the same for ever */
  readonly messageKey: string;
}
