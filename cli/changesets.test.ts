import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const FOLDER = join(import.meta.dirname, "../.changeset");

test("every changeset says how large the change is, and what it is", () => {
  for (const name of readdirSync(FOLDER).filter((file) => file !== "README.md")) {
    expect(name).toMatch(/^[a-z0-9-]+\.md$/);
    expect(readFileSync(join(FOLDER, name), "utf8"), name).toMatch(
      /^---\n"o2mc-io": (?:patch|minor|major)\n---\n\n\S[^]*\.\n$/,
    );
  }
});
