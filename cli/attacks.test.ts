import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = "e2e/scenarios/attacks";
const README = readFileSync(join(ROOT, FOLDER, "README.md"), "utf8");
/** whose every test is an attack, or shows that an attack is one */
const ATTACKS = [
  `${FOLDER}/*.test.ts`,
  "control-plane/api/attacks/*.test.ts",
  "control-plane/auth/jwt-attacks.int.test.ts",
  "{control-plane,data-plane}/**/attacks.int.test.ts",
];

interface Named {
  readonly file: string;
  readonly title: string;
}

const named: readonly Named[] = README.split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (Attack|---) /.test(line))
  .flatMap((line) => {
    const [, , tests = ""] = line.split(" | ").length === 4 ? ["", ...line.split(" | ")] : [];
    return tests.split("<br>").map((cell) => {
      const [, file, title] = /^`([^`]+)`: (.+)$/.exec(cell) ?? [];
      if (file === undefined || title === undefined) throw new Error(`no test in ${line}`);
      return { file: file.includes("/") ? file : `${FOLDER}/${file}`, title };
    });
  });

/** Titles as they are written, with the `%s` of `test.each`. */
function titlesOf(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), "utf8").replaceAll(/describe\.each[^]*?\]\)\(\s*"[^"]*"/g, "");
  const titles = text.matchAll(/(?:\b(?:test|it)\(|[\]\w]\)\()\s*(["'`])((?:\\.|(?!\1).)+)\1,\s*(?:async )?\(?/g);
  return Array.from(titles, ([, , title = ""]) => title);
}

test("each test that the tables of attacks name is there", () => {
  expect(named.length).toBeGreaterThan(80);
  const missing = named.filter(({ file, title }) => !existsSync(join(ROOT, file)) || !titlesOf(file).includes(title));
  expect(missing).toEqual([]);
});

test("each test of the files of attacks is in a table", () => {
  const files = globSync(ATTACKS, { cwd: ROOT, exclude: (path) => path.includes("node_modules") });
  expect(files.length).toBeGreaterThan(8);
  const unnamed = files.flatMap((file) =>
    titlesOf(file)
      .filter((title) => !named.some((each) => each.file === file && each.title === title))
      .map((title) => `${file}: ${title}`),
  );
  expect(unnamed).toEqual([]);
});
