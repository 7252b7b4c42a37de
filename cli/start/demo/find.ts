import type { DemoApi } from "./api.ts";
import type { Email } from "./people.ts";

type Named = { readonly id: string; readonly name: string };

/** The first of a list's entries with this name; of an application's list when `application` is given. */
export async function findByName(
  api: DemoApi,
  email: Email,
  list: "applications" | "sources" | "destinations",
  name: string,
  application?: string,
): Promise<{ readonly id: string } | undefined> {
  const scope = application === undefined ? "" : `application: ${JSON.stringify(application)}, `;
  const answer = await api.as(email, `{ ${list}(${scope}first: 200) { edges { node { id name } } } }`);
  const { edges } = answer[list] as { edges: readonly { node: Named }[] };
  const found = edges.find(({ node }) => node.name === name)?.node;
  return found === undefined ? undefined : { id: found.id };
}
