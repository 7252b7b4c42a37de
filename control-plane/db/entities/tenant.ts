import type { Opt } from "@mikro-orm/core";
import { Entity, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";

/** What is absent is not limited. */
export interface Quotas {
  readonly sources?: number;
  readonly pipelines?: number;
  readonly subscribers?: number;
  readonly eventsPerSecond?: number;
  readonly stateBytes?: number;
}

@Entity({ tableName: "tenants" })
export class TenantRow {
  @PrimaryKey({ type: "text" })
  id!: string;

  @Property({ type: "text" })
  name!: string;

  /** sealed (`db/secret.ts`): hex HMAC key, 32 bytes, that turns a subject into a `subjectKey` */
  @Property({ type: "text" })
  subjectSalt!: string;

  /** public key of the tenant's NATS account; null until hub administration has made it */
  @Property({ type: "text", nullable: true })
  accountKey: string | null = null;

  /** sealed: seed of the account */
  @Property({ type: "text", nullable: true })
  accountSeed: string | null = null;

  /** set by the platform's operator */
  @Property({ type: "json" })
  quotas: Opt<Quotas> = {};

  @Property({ type: "datetime" })
  createdAt: Opt<Date> = new Date();
}
