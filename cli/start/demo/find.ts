import type { DemoApi } from "./api.ts";
import type { Email } from "./people.ts";

type Named = { readonly id: string; readonly name: string };

const LISTS = {
  applications: "FindApplications",
  sources: "FindSources",
  destinations: "FindDestinations",
} as const;

/** The first of a list's entries with this name; of an application's list when `application` is given. */
export async function findByName(
  api: DemoApi,
  email: Email,
  list: keyof typeof LISTS,
  name: string,
  application?: string,
): Promise<{ readonly id: string } | undefined> {
  const answer = await api.as(email, LISTS[list], { application });
  const { edges } = answer["list"] as { edges: readonly { node: Named }[] };
  const found = edges.find(({ node }) => node.name === name)?.node;
  return found === undefined ? undefined : { id: found.id };
}
