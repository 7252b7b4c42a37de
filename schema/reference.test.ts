import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { REFERENCE } from "./reference.ts";

test.each(REFERENCE.map(({ file, text }) => [basename(file), file, text] as const))(
  "%s is what the specs say (npm run reference:print renews it)",
  (_name, file, text) => {
    expect(text()).toBe(readFileSync(file, "utf8"));
  },
);
