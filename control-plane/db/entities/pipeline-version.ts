import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";
import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";
import type { OutputType } from "@o2mc/schema/pipeline/types.ts";

/** One published, immutable version of a pipeline. */
@Entity({ tableName: "pipeline_versions" })
export class PipelineVersionRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  pipeline!: string;

  @Property({ type: "integer" })
  version!: number;

  @Property({ type: "json" })
  definition!: PipelineDefinition;

  @Property({ type: "json" })
  outputs!: readonly OutputType[];

  /** deployment revision of the application that this version appeared in */
  @Property({ type: "integer" })
  since!: number;

  /** everyone who wrote at the draft that it was: none of them may approve more for it */
  @Property({ type: "json" })
  authors!: readonly string[];

  @Property({ type: "text" })
  publishedBy!: string;

  @Property({ type: "datetime" })
  publishedAt: Opt<Date> = new Date();
}
