import { expect, test } from "vitest";
import { isAtLeast, parseVersion, usableVersion } from "./version.ts";

test("reads the version that nats-server prints", () => {
  expect(parseVersion("nats-server: v2.15.1\n")).toBe("2.15.1");
  expect(parseVersion("nats-server: v2.14.0-RC.1\n")).toBe("2.14.0");
  expect(parseVersion("gnatsd v1.4.1")).toBeUndefined();
});

test.each([
  ["2.14.0", true],
  ["2.15.1", true],
  ["3.0.0", true],
  ["2.9.10", false],
  ["2.13.99", false],
])("%s is new enough: %s", (version, expected) => {
  expect(isAtLeast(version, "2.14.0")).toBe(expected);
});

test("a program that is missing, or another one, is not usable", async () => {
  expect(await usableVersion("/nowhere/nats-server")).toBeUndefined();
  expect(await usableVersion("/bin/echo")).toBeUndefined();
});
