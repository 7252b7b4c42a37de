import { STREAMS, token } from "@o2mc/schema/subjects.ts";
import { parseDeadLetter } from "../hub/parse-dead-letter.ts";
import { readStored } from "../hub/read-stored.ts";
import type { ErasePart } from "./erase-part.ts";

/** Deletes the subject's letters, with their bytes on the hub's disk; once more when nobody can add any. */
export const eraseDeadLetters: ErasePart = async ({ erasure, part, connection, othersDone }) => {
  const before = Number(part.receipt?.["deleted"] ?? 0);
  if (part.state === "waiting" && !othersDone) return { state: "waiting", receipt: { deleted: before } };
  const found: number[] = [];
  await readStored(connection, STREAMS.dead, `dead.${token(erasure.application)}.>`, (message) => {
    if (parseDeadLetter(message.data)?.subjectKey === erasure.subjectKey) found.push(message.seq);
  });
  for (const seq of found) await connection.jsm.streams.deleteMessage(STREAMS.dead, seq, true);
  return { state: othersDone ? "done" : "waiting", receipt: { deleted: before + found.length } };
};
