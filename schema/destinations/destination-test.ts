/** What a test of a destination can come to, each with its meaning. A code never changes it; sentences may. */
export const DESTINATION_TEST_CODES = {
  ok: "results can be delivered there",
  "host-not-found": "no server has this name",
  refused: "nothing listens at this address and port",
  "timed-out": "no answer came in time",
  unreachable: "there is no way to it, or it broke the connection",
  tls: "there is no encrypted connection to be had, or its certificate is not to be trusted",
  "log-in": "the user, the password or the key is wrong",
  rights: "who logs in may not do what delivery needs",
  "database-missing": "the server has no such database",
  "table-missing": "the table or its schema is not there and may not be made",
  "address-refused": "the platform's operator does not permit this address",
  "folder-refused": "the platform's operator does not permit this folder",
  answered: "it is there and answers with an error",
  "bad-options": "the options do not fit the kind, or could not be opened",
  busy: "too many tests are running; try again",
  failed: "something else went wrong",
} as const;

export type DestinationTestCode = keyof typeof DESTINATION_TEST_CODES;

/** The control plane asks deliver; `box` holds the destination's options (`DestinationConfig.options`), sealed for deliver. */
export interface DestinationTestRequest {
  readonly v: 1;
  /** chosen by who asks; where the answer goes */
  readonly id: string;
  readonly recipient: string;
  readonly sender: string;
  readonly box: string;
}

export interface DestinationTestAnswer {
  readonly v: 1;
  readonly code: DestinationTestCode;
  /** for whoever set the destination up; holds no secret, and nothing of what a server said but its name and version */
  readonly message: string;
  readonly server: string | null;
  readonly milliseconds: number;
}
