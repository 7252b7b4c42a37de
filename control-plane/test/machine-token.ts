import type { TestApi } from "./api.ts";

interface Made {
  readonly id: string;
  readonly secret: string;
}

/** A token made by an owner: no other role may do as much that a program may do. */
export async function machineToken(
  api: Pick<TestApi, "ask" | "issuer">,
  tenant: string,
  scopes: readonly string[],
  livesMs = 600_000,
): Promise<Made> {
  const answer = await api.ask(
    await api.issuer.token({ tenant, roles: ["owner"], sub: "owner" }),
    `mutation ($s: [String!]!, $e: DateTime!) { createMachineToken(name: "x", scopes: $s, expiresAt: $e) {
      machineToken { id } secret } }`,
    { s: scopes, e: new Date(Date.now() + livesMs) },
  );
  const made = answer.get<{ machineToken: { id: string }; secret: string }>("createMachineToken");
  return { id: made.machineToken.id, secret: made.secret };
}
