/** Problems that a whole request is answered with (RFC 9457): stable code, status, title. */
const PROBLEMS = {
  "invalid-json": [400, "The body is not JSON."],
  "invalid-utf8": [400, "The body is not UTF-8."],
  "invalid-compression": [400, "The body cannot be decompressed by its Content-Encoding."],
  "incomplete-body": [400, "The body ended early."],
  "no-events": [400, "The body holds no event: send one JSON object, an array of them, or one a line."],
  "too-deep": [400, "The body is nested too deep."],
  "invalid-header": [400, "A ce- header is not percent-encoded UTF-8."],
  "invalid-path": [400, "The path cannot be decoded."],
  "invalid-subject": [400, "The subject must have 1 to 512 characters without NUL, CR or LF."],
  "invalid-consent": [
    400,
    "Consent is {purposes: [name…], policyVersion: number}, each purpose once, or a level or tcf in place of purposes.",
  ],
  "unknown-purpose": [400, "The policy has no such purpose."],
  "unknown-wording": [400, "The policy has no wording with this id."],
  unauthorized: [401, "The source or its write key is not known."],
  "write-key-ended": [401, "The write key has ended; use the source's newer one."],
  "not-granted": [403, "The owner of the data has not granted this source."],
  "origin-not-allowed": [403, "The source does not allow this origin."],
  "not-found": [404, "There is nothing here."],
  "unknown-site": [404, "No web source has this origin."],
  "method-not-allowed": [405, "The method is not allowed here."],
  "outdated-policy": [409, "The policy has another version by now."],
  "body-too-large": [413, "The body is too large."],
  "too-many-events": [413, "The request holds too many events."],
  "unsupported-media-type": [415, "Send JSON, NDJSON or CloudEvents in UTF-8."],
  "unsupported-encoding": [415, "Send the body plain or in one of gzip, br and zstd."],
  "hub-full": [429, "The hub is full; send the events again later."],
  "quota-exceeded": [429, "The tenant has sent as many events as its quota allows; send these again later."],
  overloaded: [429, "More is on its way than the hub takes; send the events again later."],
  internal: [500, "The edge failed."],
  starting: [503, "The edge does not know its sources yet."],
  "consent-unavailable": [503, "The consent store cannot be read, so nothing is permitted now."],
  "hub-unavailable": [503, "The hub does not answer; send the events again."],
  "snippet-unavailable": [503, "The snippet could not be built."],
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

const RETRY_AFTER_SECONDS = "1";

/** Thrown by whatever answers a request; the server writes it. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #detail: string | undefined;

  constructor(code: ProblemCode, options: { detail?: string; headers?: Record<string, string>; cause?: unknown } = {}) {
    const [status, title] = PROBLEMS[code];
    super(title, { cause: options.cause });
    this.code = code;
    this.status = status;
    this.#detail = options.detail;
    this.headers = {
      ...(status === 429 || status === 503 ? { "retry-after": RETRY_AFTER_SECONDS } : {}),
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...options.headers,
    };
  }

  toJSON(): object {
    return {
      type: `urn:o2mc:problem:${this.code}`,
      title: this.message,
      status: this.status,
      code: this.code,
      ...(this.#detail === undefined ? {} : { detail: this.#detail }),
    };
  }
}
