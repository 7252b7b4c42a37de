import { randomBytes } from "node:crypto";
import { seal } from "@o2mc/runtime/sealed.ts";
import type { DestinationConfig } from "@o2mc/schema/deployment/deployment.ts";
import {
  DESTINATION_TEST_CODES,
  type DestinationTestAnswer,
  type DestinationTestRequest,
} from "@o2mc/schema/destinations/destination-test.ts";
import { DESTINATION_TESTS, destinationTestAnswer } from "@o2mc/schema/subjects.ts";
import { ApiError } from "../errors/api-error.ts";
import type { TenantConnection } from "./connection.ts";

/** longer than a test takes, shorter than an operation of the API may */
const PATIENCE_MS = 7_000;

interface Asked {
  readonly tenant: string;
  readonly options: DestinationConfig["options"];
  /** deliver's public key */
  readonly recipient: string;
}

/** Has deliver test a destination, whose options only it can open; throws DELIVER_UNAVAILABLE when none answers. */
export async function testDestination(
  { nc }: Pick<TenantConnection, "nc">,
  { tenant, options, recipient }: Asked,
): Promise<DestinationTestAnswer> {
  // nobody else can know where the answer goes, and of all users of data planes only deliver's may send one
  const id = randomBytes(24).toString("base64url");
  const sealed = seal(JSON.stringify(options), [tenant, DESTINATION_TESTS, id], recipient);
  const request: DestinationTestRequest = { v: 1, id, ...sealed };
  const answers = nc.subscribe(destinationTestAnswer(id), { max: 1 });
  const late = setTimeout(() => answers.unsubscribe(), PATIENCE_MS);
  try {
    nc.publish(DESTINATION_TESTS, JSON.stringify(request));
    for await (const message of answers) return readAnswer(message.json());
    throw new ApiError("DELIVER_UNAVAILABLE");
  } finally {
    clearTimeout(late);
    answers.unsubscribe();
  }
}

function readAnswer(given: unknown): DestinationTestAnswer {
  const { code, message, server, milliseconds } = Object(given) as Partial<DestinationTestAnswer>;
  if (code === undefined || !Object.hasOwn(DESTINATION_TEST_CODES, code)) throw new ApiError("DELIVER_UNAVAILABLE");
  return {
    v: 1,
    code,
    message: String(message).slice(0, 1000),
    server: typeof server === "string" ? server : null,
    milliseconds: Math.round(Number(milliseconds)) || 0,
  };
}
