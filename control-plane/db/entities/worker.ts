import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";
import type { DataPlaneRole } from "@o2mc/schema/subjects.ts";
import type { WorkerScope } from "../../hub/worker.ts";

/** An enrolled worker of the data plane: the platform's, not a tenant's. A name is never used again. */
@Entity({ tableName: "workers" })
export class WorkerRow {
  @PrimaryKey({ type: "text" })
  name!: string;

  @Property({ type: "text" })
  role!: DataPlaneRole;

  /** null = every tenant */
  @Property({ type: "json", nullable: true })
  scope: readonly WorkerScope[] | null = null;

  /** sealed: seed of the account of its directory */
  @Property({ type: "text" })
  accountSeed!: string;

  @Property({ type: "datetime" })
  enrolledAt: Opt<Date> = new Date();

  /** revoked; null = it may work */
  @Property({ type: "datetime", nullable: true })
  endedAt: Date | null = null;

  /** the whole hub knows that it is revoked */
  @Property({ type: "datetime", nullable: true })
  outAt: Date | null = null;
}
