import { Arg, Ctx, Field, InputType, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { invalid } from "../../api/input.ts";
import { readOnRecord } from "../../api/scope.ts";
import { ChainCheck, GENESIS, type Break, type Head } from "../../db/audit-chain.ts";
import { AuditEntryRow } from "../../db/entities/audit-entry.ts";
import type { EntityManager } from "../../db/orm.ts";
import { toAuditLink } from "./audit-entry.type.ts";
import { lastLink, readLinks } from "./read-links.ts";
import { signHead } from "./signed-head.ts";

const PAGE = 1_000;
/** entries that one request checks, well within its time */
const MOST = 50_000;

@InputType()
class AuditHeadInput {
  @Field(() => Int)
  seq!: number;

  @Field(() => String)
  hash!: string;
}

@ObjectType()
class AuditBreak {
  @Field(() => Int)
  seq!: number;

  @Field(() => String, {
    description:
      "`changed`: its content is not what it was; `missing`; `not-linked`: what is before it is not what it was; `unchained`: it stands beside the chain; `head`: it is not the one that you kept",
  })
  problem!: string;
}

@ObjectType()
class SignedAuditHead {
  @Field(() => String)
  tenant!: string;

  @Field(() => Int)
  seq!: number;

  @Field(() => String)
  hash!: string;

  @Field(() => String)
  signedAt!: string;

  @Field(() => String)
  keyId!: string;

  @Field(() => String, {
    description: "base64 Ed25519 over the canonical JSON (RFC 8785) of tenant, seq, hash, signedAt",
  })
  signature!: string;
}

@ObjectType()
class AuditVerification {
  @Field(() => Boolean)
  intact!: boolean;

  @Field(() => AuditBreak, { nullable: true, description: "the first entry that does not hold" })
  broken!: AuditBreak | null;

  @Field(() => Int, { description: "entries that were checked" })
  checked!: number;

  @Field(() => Boolean, { description: "false: go on with `after` = `head.seq`" })
  complete!: boolean;

  @Field(() => SignedAuditHead, { description: "the last entry that holds; keep it, to show later that it still does" })
  head!: SignedAuditHead;

  @Field(() => String, { description: "PEM" })
  publicKey!: string;
}

@Resolver()
export class VerifyAuditLog {
  @Query(() => AuditVerification, {
    description: "Computes the hashes of the log again. With `kept`, also whether the log still has that entry.",
  })
  verifyAuditLog(
    @Arg("after", () => Int, { defaultValue: 0, description: "seq of the last entry that need not be checked" })
    after: number,
    @Arg("kept", () => AuditHeadInput, { nullable: true }) kept: AuditHeadInput | null,
    @Ctx() context: Context,
  ): Promise<AuditVerification> {
    return readOnRecord(context, "audit.read", async ({ em, tenant, services, audit }) => {
      const start = await startAt(em, after);
      const end = Number((await lastLink(em))?.seq ?? 0);
      const check = new ChainCheck(start);
      for (let seq = after; seq < end && seq < after + MOST && check.broken === null; seq += PAGE) {
        for (const row of await readLinks(em, seq, seq + PAGE, PAGE)) check.next(toAuditLink(row), row.hash ?? "");
      }
      const { head } = check;
      const broken: { seq: number; problem: string } | null =
        check.broken ?? missingAtEnd(head, end, after) ?? (await unchained(em)) ?? (await notKept(em, kept));
      audit("audit.verified", tenant, { after, until: head.seq, intact: broken === null });
      return {
        intact: broken === null,
        broken,
        checked: head.seq - after,
        complete: broken !== null || head.seq >= end,
        head: signHead(services.signer, tenant, head),
        publicKey: services.signer.publicKey,
      };
    });
  }
}

async function startAt(em: EntityManager, seq: number): Promise<Head> {
  if (seq === 0) return { seq, hash: GENESIS };
  const row = await em.findOne(AuditEntryRow, { seq: String(seq) });
  if (row?.hash == null) throw invalid("after", "is no entry of the log");
  return { seq, hash: row.hash };
}

/** Pages of numbers, so a hole that takes a whole page has shown nothing yet. */
function missingAtEnd(head: Head, end: number, after: number): Break | null {
  const due = Math.min(end, after + MOST);
  return head.seq < due ? { seq: head.seq + 1, problem: "missing" } : null;
}

/** Entries from before the chain are older than its first; a younger one was put beside it. */
async function unchained(em: EntityManager): Promise<{ seq: number; problem: string } | null> {
  const first = await em.findOne(AuditEntryRow, { seq: "1" });
  const beside = first === null ? null : await em.findOne(AuditEntryRow, { seq: null, id: { $gt: first.id } });
  return beside === null ? null : { seq: 0, problem: "unchained" };
}

async function notKept(
  em: EntityManager,
  kept: AuditHeadInput | null,
): Promise<{ seq: number; problem: string } | null> {
  if (kept == null) return null;
  const row = await em.findOne(AuditEntryRow, { seq: String(kept.seq) });
  return row?.hash === kept.hash ? null : { seq: kept.seq, problem: "head" };
}
