import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Role } from "../../auth/actions.ts";
import { startApi, type Answer, type TestApi } from "../../test/api.ts";

let api: TestApi;
let owner: string;
let tenants = 0;
let tenant: string;

beforeAll(async () => {
  api = await startApi({ tokenRecheckMs: 50 });
});

afterAll(() => api?.stop());

/** A tenant of its own for each test, with olga as its only owner. */
async function ownTenant(): Promise<void> {
  tenant = `t${++tenants}`;
  const operator = await api.issuer.token({ tenant: "platform", roles: ["operator"] });
  await api.ask(operator, `mutation ($id: ID!) { createTenant(id: $id, name: "x") { id } }`, { id: tenant });
  owner = await comes("olga", ["owner"]);
}

/** A person's token, who has been here once. */
async function comes(sub: string, roles: readonly Role[] = []): Promise<string> {
  const token = await api.issuer.token({ tenant, roles, sub });
  expect((await api.ask(token, "{ me { id } }")).codes).toEqual([]);
  return token;
}

interface Member {
  id: string;
  subject: string;
  roles: readonly string[];
  assigned: boolean;
  disabled: boolean;
}

async function members(): Promise<ReadonlyMap<string, Member>> {
  const answer = await api.ask(
    owner,
    "{ members(first: 200) { edges { node { id subject roles assigned disabled } } } }",
  );
  const { edges } = answer.get<{ edges: { node: Member }[] }>("members");
  return new Map(edges.map(({ node }) => [node.subject, node]));
}

const idOf = async (sub: string): Promise<string> => (await members()).get(sub)?.id ?? "nobody";

async function setRoles(by: string, sub: string, roles: readonly string[] | null): Promise<Answer> {
  return api.ask(by, `mutation ($m: ID!, $r: [MemberRole!]) { setMemberRoles(member: $m, roles: $r) { id } }`, {
    m: await idOf(sub),
    r: roles,
  });
}

async function disable(by: string, sub: string): Promise<Answer> {
  return api.ask(by, `mutation ($m: ID!) { disableMember(member: $m) { id } }`, { m: await idOf(sub) });
}

async function invite(
  email: string,
  roles: readonly string[],
  expiresAt?: Date,
): Promise<{ id: string; secret: string }> {
  const answer = await api.ask(
    owner,
    `mutation ($e: String!, $r: [MemberRole!]!, $x: DateTime) {
      inviteMember(email: $e, roles: $r, expiresAt: $x) { invitation { id } secret } }`,
    { e: email, r: roles, x: expiresAt ?? null },
  );
  const made = answer.get<{ invitation: { id: string }; secret: string }>("inviteMember");
  return { id: made.invitation.id, secret: made.secret };
}

const accept = (token: string, secret: string): Promise<Answer> =>
  api.ask(token, `mutation ($s: String!) { acceptInvitation(secret: $s) { roles } }`, { s: secret });

/** Resolves with the code that an open socket is closed with. */
async function whenClosed(token: string): Promise<{ closed: Promise<number> }> {
  const socket = new WebSocket(`${api.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await new Promise<void>((resolve, fail) => {
    socket.on("open", () =>
      socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } })),
    );
    socket.on("message", () => resolve());
    socket.on("error", fail);
  });
  return { closed };
}

const APPLICATIONS = "{ applications { edges { cursor } } }";

test("who comes is a member with the roles that the issuer claims, which the issuer can change", async () => {
  await ownTenant();
  await comes("ann", ["analyst"]);
  expect((await members()).get("ann")).toMatchObject({ roles: ["analyst"], assigned: false, disabled: false });
  await comes("ann", ["developer"]);
  expect((await members()).get("ann")).toMatchObject({ roles: ["developer"], assigned: false });
});

test("roles that an owner gives count in place of the issuer's, and can be given back", async () => {
  await ownTenant();
  const ann = await comes("ann", ["developer"]);
  expect((await setRoles(owner, "ann", [])).codes).toEqual([]);
  expect((await api.ask(ann, APPLICATIONS)).codes).toEqual(["FORBIDDEN"]);
  expect((await setRoles(owner, "ann", ["ANALYST"])).codes).toEqual([]);
  expect((await api.ask(ann, APPLICATIONS)).codes).toEqual([]);
  expect((await api.ask(ann, `mutation { createApplication(name: "x", slug: "x") { id } }`)).codes).toEqual([
    "FORBIDDEN",
  ]);
  expect((await setRoles(owner, "ann", null)).codes).toEqual([]);
  expect((await api.ask(ann, `mutation { createApplication(name: "x", slug: "x") { id } }`)).codes).toEqual([]);
});

test("nobody gives themselves a role, and nobody gives the operator's", async () => {
  await ownTenant();
  expect((await setRoles(owner, "olga", ["OWNER", "PRIVACY_OFFICER"])).codes).toEqual(["OWN_MEMBERSHIP"]);
  expect((await setRoles(owner, "olga", ["OPERATOR"])).codes).toEqual(["QUERY_INVALID"]);
  const self = await api.ask(
    owner,
    `mutation { inviteMember(email: "OLGA@${tenant}.example", roles: [PRIVACY_OFFICER]) { secret } }`,
  );
  expect(self.codes).toEqual(["OWN_MEMBERSHIP"]);
  const dev = await comes("dev", ["developer"]);
  expect((await setRoles(dev, "dev", ["OWNER"])).codes).toEqual(["FORBIDDEN"]);
});

test("a disabled member is refused, with their machine tokens, until enabled", async () => {
  await ownTenant();
  const dev = await comes("dev", ["developer"]);
  const made = await api.ask(
    dev,
    `mutation ($e: DateTime!) { createMachineToken(name: "x", scopes: ["application.read"], expiresAt: $e) { secret } }`,
    { e: new Date(Date.now() + 60_000) },
  );
  const { secret } = made.get<{ secret: string }>("createMachineToken");
  expect((await api.ask(secret, APPLICATIONS)).codes).toEqual([]);
  expect((await disable(owner, "dev")).codes).toEqual([]);
  expect((await api.ask(dev, APPLICATIONS)).codes).toEqual(["MEMBER_DISABLED"]);
  expect((await api.ask(secret, APPLICATIONS)).codes).toEqual(["UNAUTHENTICATED"]);
  await api.ask(owner, `mutation ($m: ID!) { enableMember(member: $m) { id } }`, { m: await idOf("dev") });
  expect((await api.ask(dev, APPLICATIONS)).codes).toEqual([]);
  expect((await api.ask(secret, APPLICATIONS)).codes).toEqual(["UNAUTHENTICATED"]);
});

test("a disabled member's live socket is closed, and one whose roles were taken", async () => {
  await ownTenant();
  const [dev, ann] = [await comes("dev", ["developer"]), await comes("ann", ["analyst"])];
  const [first, second] = [await whenClosed(dev), await whenClosed(ann)];
  await disable(owner, "dev");
  expect(await first.closed).toBe(4403);
  await setRoles(owner, "ann", []);
  expect(await second.closed).toBe(4403);
});

test("the last owner cannot leave, be demoted or be disabled", async () => {
  await ownTenant();
  await comes("dev", ["developer"]);
  expect((await setRoles(owner, "olga", [])).codes).toEqual(["LAST_OWNER"]);
  expect((await disable(owner, "olga")).codes).toEqual(["LAST_OWNER"]);
  expect((await setRoles(owner, "dev", ["OWNER"])).codes).toEqual([]);
  expect((await setRoles(owner, "olga", [])).codes).toEqual([]);
});

test("two owners who remove each other at once leave one", async () => {
  for (let round = 0; round < 10; round++) {
    await ownTenant();
    const other = await comes("otto", ["owner"]);
    const [olgas, ottos] = [await idOf("olga"), await idOf("otto")];
    const remove = `mutation ($m: ID!) { disableMember(member: $m) { id } }`;
    const answers = await Promise.all([api.ask(owner, remove, { m: ottos }), api.ask(other, remove, { m: olgas })]);
    const done = answers.filter(({ codes }) => codes.length === 0);
    const refused = answers.flatMap(({ codes }) => codes);
    expect(done.length).toBe(1);
    expect(["LAST_OWNER", "MEMBER_DISABLED", "OPERATION_TIMEOUT"]).toContain(refused[0]);
  }
});

test("an invitation gives its roles once, to whom it is for", async () => {
  await ownTenant();
  const { secret } = await invite(`Ann@${tenant}.example`, ["PRIVACY_OFFICER"]);
  const bob = await comes("bob");
  expect((await accept(bob, secret)).codes).toEqual(["INVITATION_INVALID"]);
  const ann = await comes("ann", ["analyst"]);
  const uses = await Promise.all(Array.from({ length: 8 }, () => accept(ann, secret)));
  expect(uses.flatMap(({ codes }) => codes)).toEqual(Array(7).fill("INVITATION_INVALID"));
  expect((await members()).get("ann")).toMatchObject({ roles: ["analyst", "privacy-officer"], assigned: true });
  const log = await api.ask(owner, `{ auditLog(filter: { action: "member.invited" }) { edges { node { details } } } }`);
  expect(log.text).not.toContain(secret);
});

test("an invitation that is withdrawn, expired, of another tenant, unknown or used by a machine is none", async () => {
  await ownTenant();
  const ann = await comes("ann");
  const withdrawn = await invite(`ann@${tenant}.example`, ["OWNER"]);
  await api.ask(owner, `mutation ($i: ID!) { revokeInvitation(invitation: $i) { revokedAt } }`, { i: withdrawn.id });
  const expired = await invite(`ann@${tenant}.example`, ["OWNER"], new Date(Date.now() + 300));
  await new Promise((resolve) => setTimeout(resolve, 310));
  const good = await invite(`ann@${tenant}.example`, ["OWNER"]);
  const home = tenant;
  await ownTenant();
  // the same person and address, logged in for another tenant
  const elsewhere = await api.issuer.token({ tenant, roles: [], sub: "ann" });
  for (const [token, secret] of [
    [ann, withdrawn.secret],
    [ann, expired.secret],
    [ann, "o2mci_unknown"],
    [elsewhere, good.secret],
  ] as const) {
    expect((await accept(token, secret)).codes).toEqual(["INVITATION_INVALID"]);
  }
  tenant = home;
  expect((await accept(ann, good.secret)).codes).toEqual([]);
});

test("guessing invitations ends soon", async () => {
  const own = await startApi();
  const operator = await own.issuer.token({ tenant: "platform", roles: ["operator"] });
  await own.ask(operator, `mutation { createTenant(id: "one", name: "x") { id } }`);
  const ann = await own.issuer.token({ tenant: "one", roles: [], sub: "ann" });
  const codes = new Set<string>();
  for (let i = 0; i < 25; i++) {
    const answer = await own.ask(ann, `mutation { acceptInvitation(secret: "o2mci_${i}") { id } }`);
    for (const code of answer.codes) codes.add(code);
  }
  expect([...codes]).toEqual(["INVITATION_INVALID", "TOO_MANY_ATTEMPTS"]);
  await own.stop();
});
