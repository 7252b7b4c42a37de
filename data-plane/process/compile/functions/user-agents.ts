import { UAParser } from "ua-parser-js";
import type { userAgents } from "@o2mc/schema/expression/functions/user-agents.ts";
import type { Implementations } from "./implementation.ts";
import { lastOf } from "./last-of.ts";

const parse = lastOf((text) => new UAParser(text).getResult());

export const USER_AGENTS: Implementations<(typeof userAgents)["functions"][number]["signatures"][number]> = {
  "userAgent.browser(string): string": (text) => parse(text).browser.name ?? null,
  "userAgent.browserVersion(string): string": (text) => parse(text).browser.version ?? null,
  "userAgent.os(string): string": (text) => parse(text).os.name ?? null,
  "userAgent.osVersion(string): string": (text) => parse(text).os.version ?? null,
  "userAgent.device(string): string": (text) => {
    const { device, browser } = parse(text);
    return device.type ?? (browser.name === undefined ? null : "desktop");
  },
  "userAgent.vendor(string): string": (text) => parse(text).device.vendor ?? null,
  "userAgent.model(string): string": (text) => parse(text).device.model ?? null,
};
