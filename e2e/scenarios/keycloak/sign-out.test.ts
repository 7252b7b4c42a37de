import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { graphql, subscribe } from "../../testkit/api.ts";
import { eventually } from "../../testkit/eventually.ts";
import { browserLogIn, signOut } from "../../testkit/log-in.ts";
import { sharedPlatform } from "../../testkit/shared-platform.ts";

const ME = `{ me { id } }`;

test("sign-out closes the person's live subscription within seconds, and ends their token; other log-ins go on", async () => {
  const { endpoints, dataDir } = await sharedPlatform();
  const analyst = endpoints.users.find(({ email }) => email === "analyst@demo.example");
  if (analyst === undefined) throw new Error("no analyst");
  const here = await browserLogIn(endpoints.issuer, analyst);
  const elsewhere = await browserLogIn(endpoints.issuer, analyst);
  const { application, pipelines } = endpoints.demo;
  const output = { application, pipeline: pipelines["live"] ?? "", output: "events" };
  const closed: Record<string, number> = {};
  const errors: unknown[] = [];
  const follow = (name: string, token: string) =>
    subscribe(
      endpoints,
      token,
      output,
      () => undefined,
      (error) => errors.push(error),
      {
        onClosed: (code) => (closed[name] = code),
      },
    );
  const unsubscribe = [follow("here", here.accessToken), follow("elsewhere", elsewhere.accessToken)];
  // open, and stays so
  await eventually(async () => (await graphql(endpoints, here.accessToken, ME)).errors ?? null, null, 10_000, 6_000);
  expect(closed).toEqual({});
  await signOut(endpoints.issuer, here);
  await eventually(() => closed, { here: 4403 }, 15_000);
  // the issuer's word came, and was not only asked for
  expect(readFileSync(join(dataDir, "logs/control-plane.log"), "utf8")).toContain("the issuer has ended a session");
  const codes = async (token: string) => (await graphql(endpoints, token, ME)).errors?.map((e) => e.extensions?.code);
  expect(await codes(here.accessToken)).toEqual(["UNAUTHENTICATED"]);
  expect(await codes(elsewhere.accessToken)).toBeUndefined();
  await Promise.all(unsubscribe.map((end) => end()));
});
