import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";
import type { PipelineDefinition } from "@o2mc/schema/pipeline/definition.ts";

@Entity({ tableName: "pipelines" })
export class PipelineRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  tenant!: string;

  @Property({ type: "text" })
  application!: string;

  @Property({ type: "text" })
  name!: string;

  /** null = nothing to publish beyond the last version */
  @Property({ type: "json", nullable: true })
  draft: PipelineDefinition | null = null;

  /** everyone who wrote at this draft: none of them may approve it */
  @Property({ type: "json" })
  draftAuthors: Opt<readonly string[]> = [];

  /** version in `pipeline_versions` that the data plane runs; null = not published */
  @Property({ type: "integer", nullable: true })
  publishedVersion: number | null = null;

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();
}
