import type { DestinationKind } from "../destination.ts";
import { fileOptions } from "./options.ts";
import { testFile } from "./test.ts";
import { FileWriter } from "./writer.ts";

export const fileKind: DestinationKind = {
  kind: "file",
  open: (raw, context) => {
    const options = fileOptions(raw);
    return {
      destination: new FileWriter(options, context),
      gathering: { seconds: options.rotateSeconds, messages: 256, bytes: 16 << 20 },
    };
  },
  test: testFile,
};
