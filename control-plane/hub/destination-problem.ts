import { readKey } from "@o2mc/runtime/bucket.ts";
import type { DestinationProblem } from "@o2mc/schema/destinations/destination-problem.ts";
import { DESTINATION_TEST_CODES } from "@o2mc/schema/destinations/destination-test.ts";
import { BUCKETS, token } from "@o2mc/schema/subjects.ts";
import type { TenantConnection } from "./connection.ts";

/** Why deliver cannot begin at a destination; null = nothing is known of a problem. */
export async function destinationProblem(
  { nc }: Pick<TenantConnection, "nc">,
  destination: string,
): Promise<DestinationProblem | null> {
  const stored = await readKey(nc, BUCKETS.destinationProblems, token(destination));
  if (stored === undefined) return null;
  const problem = JSON.parse(new TextDecoder().decode(stored.value)) as DestinationProblem;
  return Object.hasOwn(DESTINATION_TEST_CODES, problem.code) ? problem : null;
}
