import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DestinationTest, DestinationTestContext } from "../destination.ts";
import { connectionFailure, TestFailure } from "../test-failure.ts";
import { fileOptions } from "./options.ts";

const RIGHTS = new Set(["EACCES", "EPERM", "EROFS"]);

/** Makes the folder, as a delivery would, and writes a hidden file that is removed again. */
export async function testFile(given: unknown, { outgoing }: DestinationTestContext): Promise<DestinationTest> {
  const { directory } = fileOptions(given);
  try {
    const path = join(await outgoing.folders.make(directory), `.test-${randomUUID()}.tmp`);
    await writeFile(path, "", { flag: "wx" });
    await rm(path);
    return { server: null };
  } catch (error) {
    throw failure(error, directory);
  }
}

function failure(error: unknown, directory: string): TestFailure {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (RIGHTS.has(code)) return new TestFailure("rights", `The platform may not write in ${directory}.`, error);
  if (code === "ENOTDIR" || code === "EEXIST") {
    return new TestFailure("answered", `${directory}, or a part of that path, is a file and no folder.`, error);
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new TestFailure("answered", `There is no room left in ${directory}.`, error);
  }
  return connectionFailure(error, directory);
}
