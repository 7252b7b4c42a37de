import { expect, it } from "vitest";
import { truncate } from "./truncate.ts";

it.each([
  ["203.0.113.77", "203.0.113.0"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1::"],
  ["2001:db8::7", "2001:db8::"],
  ["2001:DB8:0001::", "2001:db8:1::"],
  ["::1", "::"],
  ["::ffff:203.0.113.77", "::"],
  ["1::2:3:4:5:6:7", "1:0:2::"],
  ["::2:3:4:5:6:7:8", "0:2:3::"],
  ["fe80::1%eth0", "fe80::"],
  ["Johannes", "Joh"],
  ["", ""],
])("%s becomes %s", (text, short) => {
  expect(truncate(text, 3)).toBe(short);
});
