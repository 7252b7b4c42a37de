import type { OutgoingSettings } from "@o2mc/runtime/outgoing/outgoing.ts";
import type { ConsentReceipt, StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import type { DestinationProblem } from "@o2mc/schema/destinations/destination-problem.ts";
import type { DestinationTestAnswer } from "@o2mc/schema/destinations/destination-test.ts";
import type { DestinationConfig } from "@o2mc/schema/deployment/deployment.ts";
import type { Actor } from "../auth/actor.ts";
import type { FailedAttempts } from "@o2mc/runtime/failed-attempts.ts";
import type { Signer } from "../auth/signer.ts";
import type { Orm } from "../db/orm.ts";
import type { SecretBox } from "../db/secret.ts";
import type { StoredDeadLetter } from "../hub/dead-letters.ts";
import type { IssuedCredential } from "../hub/directory.ts";
import type { LaneState } from "../hub/lane-health.ts";
import type { SubjectReceipts } from "../hub/receipts.ts";
import type { ResultEvent, ResultsRequest } from "../hub/results.ts";
import type { SubjectData } from "../hub/subject-data.ts";
import type { SubscriberCount } from "../modules/result/subscriber-count.ts";
import type { Rehearsals } from "../rehearsal/rehearsals.ts";
import type { RequestOrigin } from "./request-origin.ts";

/** What the API reads from the hub and writes there; each throws HUB_UNAVAILABLE when the tenant's account cannot be reached. */
export interface HubReader {
  openResults(tenant: string, request: ResultsRequest): Promise<AsyncIterable<ResultEvent>>;
  /** newest first */
  lastDeadLetters(tenant: string, application: string, count: number): Promise<readonly StoredDeadLetter[]>;
  /** the newest of one subject */
  receipts(
    tenant: string,
    application: string,
    subjectKey: string,
    page: { readonly most: number; readonly before?: number | undefined },
  ): Promise<SubjectReceipts>;
  /** the application's whole chain as it is now, oldest first, a page at a time */
  receiptPages(tenant: string, application: string): Promise<AsyncIterable<readonly StoredReceipt[]>>;
  /** the data plane's users that are good now */
  credentials(tenant: string): Promise<readonly IssuedCredential[]>;
  /** when each write key with one of these hashes was used last, by its hash */
  keysUsedAt(tenant: string, hashes: readonly string[]): Promise<ReadonlyMap<string, Date>>;
  /** why deliver cannot begin there; null = nothing is known */
  destinationProblem(tenant: string, destination: string): Promise<DestinationProblem | null>;
  /** resolves with what deliver found; throws DELIVER_UNAVAILABLE */
  testDestination(tenant: string, options: DestinationConfig["options"]): Promise<DestinationTestAnswer>;
  /** the lanes of what is deployed for an application */
  laneStates(tenant: string, application: string): Promise<readonly LaneState[]>;
  /** how many subjects of an application have stored consent or a withdrawal */
  countConsents(tenant: string, application: string): Promise<number>;
  /** what the hub holds of one subject in one application */
  subjectData(tenant: string, application: string, subjectKey: string): Promise<SubjectData>;
  /** makes it the subject's consent; resolves once it counts and its proof is stored */
  storeConsent(tenant: string, receipt: ConsentReceipt): Promise<void>;
}

export interface Services {
  readonly orm: Orm;
  readonly secrets: SecretBox;
  readonly signer: Signer;
  /** where destinations may be */
  readonly outgoing: OutgoingSettings;
  readonly hub: HubReader;
  readonly invitationAttempts: FailedAttempts;
  readonly subscribers: SubscriberCount;
  readonly rehearsals: Rehearsals;
}

/** Made for each operation. */
export interface Context {
  readonly services: Services;
  readonly from: RequestOrigin;
  /** epoch ms; an operation that is not done by then is rolled back */
  readonly deadline: number;
  /** rejects with an ApiError when nobody is asking */
  actor(): Promise<Actor>;
}
