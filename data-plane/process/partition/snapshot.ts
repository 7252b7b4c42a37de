import { z } from "zod";
import type { DedupState } from "./dedup.ts";
import type { PipelineState } from "./pipeline.ts";

export interface PartitionState {
  readonly revision: number;
  readonly ticks: number;
  readonly pipelines: readonly PipelineState[];
  readonly dedup: DedupState;
}

const FORMAT_VERSION = 1;
const HEADER_BYTES = 8;

const head = z.object({
  revision: z.number(),
  ticks: z.number(),
  pipelines: z.array(
    z.object({
      id: z.string(),
      fingerprint: z.string(),
      since: z.number(),
      maxTime: z.number().nullable(),
      watermark: z.number().nullable(),
      steps: z.array(z.unknown()),
    }),
  ),
  generation: z.number(),
  /** lengths in words */
  current: z.number(),
  previous: z.number(),
});

/**
 * Little-endian: u32 format version, u32 length of the JSON, the JSON (columnar state of the steps), then the two
 * generations of known event ids as raw words, by far the most of it.
 */
export function encodeSnapshot({ revision, ticks, pipelines, dedup }: PartitionState): Uint8Array {
  const { generation, current, previous } = dedup;
  const json = Buffer.from(
    JSON.stringify({
      revision,
      ticks,
      pipelines,
      generation,
      current: current.length,
      previous: previous.length,
    }),
  );
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, FORMAT_VERSION, true);
  view.setUint32(4, json.length, true);
  return Buffer.concat([header, json, bytes(current), bytes(previous)]);
}

/** Throws when the bytes are not a snapshot of this format. */
export function decodeSnapshot(data: Uint8Array): PartitionState {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const version = data.byteLength < HEADER_BYTES ? 0 : view.getUint32(0, true);
  if (version !== FORMAT_VERSION) throw new Error(`snapshot format ${version} is not known`);
  const jsonEnd = HEADER_BYTES + view.getUint32(4, true);
  const text = Buffer.from(data.subarray(HEADER_BYTES, jsonEnd)).toString();
  const { revision, ticks, pipelines, generation, current, previous } = head.parse(JSON.parse(text));
  return {
    revision,
    ticks,
    pipelines,
    dedup: {
      generation,
      current: words(data, jsonEnd, current),
      previous: words(data, jsonEnd + 4 * current, previous),
    },
  };
}

const bytes = (array: Uint32Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Copies, because the place in the buffer needn't be aligned. */
const words = (data: Uint8Array, offset: number, length: number): Uint32Array<ArrayBuffer> =>
  new Uint32Array(Uint8Array.from(data.subarray(offset, offset + 4 * length)).buffer);
