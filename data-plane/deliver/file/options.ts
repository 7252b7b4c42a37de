import { file, type FileOptions } from "@o2mc/schema/destinations/file.ts";
import { readOptions } from "@o2mc/schema/options/read-options.ts";

export const fileOptions = (given: unknown): FileOptions => readOptions(file.options, given, file.kind);
