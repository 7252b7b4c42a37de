import { functionGroup } from "./function-spec.ts";

const FIREFOX = '"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"';
const IPHONE =
  '"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"';

export const userAgents = functionGroup({
  title: "User agents",
  functions: [
    {
      name: "userAgent.browser",
      summary:
        "Name of the browser; as all of these, by the rules of this release, from the first 500 characters, null when unknown.",
      signatures: ["userAgent.browser(string): string"],
      examples: [[`userAgent.browser(${FIREFOX})`, '"Firefox"']],
    },
    {
      name: "userAgent.browserVersion",
      summary: "Its version.",
      signatures: ["userAgent.browserVersion(string): string"],
      examples: [[`userAgent.browserVersion(${FIREFOX})`, '"140.0"']],
    },
    {
      name: "userAgent.os",
      summary: "Name of the operating system.",
      signatures: ["userAgent.os(string): string"],
      examples: [[`userAgent.os(${IPHONE})`, '"iOS"']],
    },
    {
      name: "userAgent.osVersion",
      summary: "Its version.",
      signatures: ["userAgent.osVersion(string): string"],
      examples: [[`userAgent.osVersion(${IPHONE})`, '"17.4"']],
    },
    {
      name: "userAgent.device",
      summary:
        "mobile, tablet, smarttv, console, wearable or embedded; desktop when a browser is known and none of these.",
      signatures: ["userAgent.device(string): string"],
      examples: [
        [`userAgent.device(${IPHONE})`, '"mobile"'],
        [`userAgent.device(${FIREFOX})`, '"desktop"'],
      ],
    },
    {
      name: "userAgent.vendor",
      summary: "Who made the device.",
      signatures: ["userAgent.vendor(string): string"],
      examples: [[`userAgent.vendor(${IPHONE})`, '"Apple"']],
    },
    {
      name: "userAgent.model",
      summary: "Its model.",
      signatures: ["userAgent.model(string): string"],
      examples: [[`userAgent.model(${IPHONE})`, '"iPhone"']],
    },
  ],
});
