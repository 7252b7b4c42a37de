import type { AnonymizeOptions } from "./steps/anonymize.ts";
import type { DropOptions } from "./steps/drop.ts";
import type { EmitOptions } from "./steps/emit.ts";
import type { FilterOptions } from "./steps/filter.ts";
import type { LookupOptions } from "./steps/lookup.ts";
import type { MapOptions } from "./steps/map.ts";
import type { RenameOptions } from "./steps/rename.ts";
import type { SessionizeOptions } from "./steps/sessionize.ts";
import type { WindowOptions } from "./steps/window.ts";

/** One step: exactly one key, the verb. */
export type Step =
  | { readonly filter: FilterOptions }
  | { readonly map: MapOptions }
  | { readonly drop: DropOptions }
  | { readonly rename: RenameOptions }
  | { readonly anonymize: AnonymizeOptions }
  | { readonly lookup: LookupOptions }
  | { readonly sessionize: SessionizeOptions }
  | { readonly window: WindowOptions }
  | { readonly emit: EmitOptions };

export type StepVerb = Step extends infer S ? (S extends unknown ? keyof S : never) : never;

/**
 * A pipeline as its developer writes it. Steps run in order over the rows of a lane; `emit` hands the current rows to an
 * output and lets them go on, so that one pipeline may have several outputs.
 */
export interface PipelineDefinition {
  readonly purposes: readonly string[];
  readonly time: TimeOptions;
  readonly steps: readonly Step[];
}

export interface TimeOptions {
  /** how far events may be behind the newest one of their partition and still be on time, in seconds */
  readonly disorderSeconds: number;
  /** a partition without events for this many logged seconds is idle: what it holds is completed by the log's clock */
  readonly idleSeconds: number;
}

export const DEFAULT_TIME: TimeOptions = { disorderSeconds: 60, idleSeconds: 30 };
