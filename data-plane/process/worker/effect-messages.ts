import { deadSubject, resultSubject } from "@o2mc/schema/subjects.ts";
import { MAX_MESSAGE_BYTES, type Effects } from "../partition/effects.ts";

export interface EffectMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly messageId: string;
}

/** The hub messages of what one message of the log caused. */
export function effectMessages(application: string, effects: Effects): EffectMessage[] {
  const messages: EffectMessage[] = effects.results.map(({ pipeline, output, messageId, data }) => ({
    subject: resultSubject(application, pipeline, output),
    data,
    messageId,
  }));
  for (const { pipeline, messageId, letter } of effects.dead) {
    const data = Buffer.from(JSON.stringify(letter));
    const small = data.length <= MAX_MESSAGE_BYTES ? data : Buffer.from(JSON.stringify({ ...letter, row: {} }));
    messages.push({ subject: deadSubject(application, "process", pipeline), data: small, messageId });
  }
  return messages;
}
