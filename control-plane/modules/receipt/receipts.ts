import { Arg, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import { followChain, type StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import type { Context } from "../../api/context.ts";
import { currentPolicy, findApplication } from "../../api/find.ts";
import { invalid } from "../../api/input.ts";
import { withinDeadline } from "../../api/limits/deadline.ts";
import { read } from "../../api/scope.ts";
import { ReceiptModel, toReceipt } from "./receipt.type.ts";
import { subjectKeyOf } from "../subject/subject-key.ts";

const MAX_FIRST = 200;

@ObjectType()
class BrokenReceipt {
  @Field(() => ID)
  id!: string;

  @Field(() => Int, { description: "how many whole ones are before it" })
  index!: number;
}

@ObjectType()
class ReceiptCheck {
  @Field(() => Int)
  receipts!: number;

  @Field(() => Boolean, { description: "every receipt is what was written, behind the one that it names" })
  intact!: boolean;

  @Field(() => BrokenReceipt, { nullable: true, description: "the first that is not" })
  broken!: BrokenReceipt | null;

  @Field(() => String, { description: "hash of the last receipt: kept elsewhere, it shows if the end was cut off" })
  head!: string;
}

@Resolver()
export class Receipts {
  @Query(() => [ReceiptModel], { description: "of one subject, newest first" })
  async receipts(
    @Arg("application", () => ID) application: string,
    @Arg("subject", () => String) subject: string,
    @Arg("first", () => Int, { defaultValue: 50, description: "1 to 200" }) first: number,
    @Arg("before", () => String, { nullable: true, description: "the `cursor` of a receipt: those before it" })
    before: string | null,
    @Ctx() context: Context,
  ): Promise<ReceiptModel[]> {
    if (first < 1 || first > MAX_FIRST) throw invalid("first", `must be 1 to ${MAX_FIRST}`);
    const place = before === null || before === undefined ? undefined : Number(before);
    if (place !== undefined && !Number.isSafeInteger(place)) throw invalid("before", "must be the cursor of a receipt");
    const { tenant, key, policyVersion } = await read(context, "receipt.read", async (scope) => {
      await findApplication(scope.em, application);
      const policy = await currentPolicy(scope.em, application);
      return { tenant: scope.tenant, key: await subjectKeyOf(scope, subject), policyVersion: policy?.version ?? 0 };
    });
    const { hub } = context.services;
    const page = hub.receipts(tenant, application, key, { most: first, before: place });
    const { receipts, newest } = await withinDeadline(context, page);
    const now = Date.now();
    return receipts.map((receipt) => toReceipt(receipt, { now, policyVersion, newest })).reverse();
  }

  @Query(() => ReceiptCheck, { description: "Walks the application's whole chain of receipts." })
  async verifyReceipts(
    @Arg("application", () => ID) application: string,
    @Ctx() context: Context,
  ): Promise<ReceiptCheck> {
    const tenant = await read(context, "receipt.read", async (scope) => {
      await findApplication(scope.em, application);
      return scope.tenant;
    });
    return withinDeadline(context, check(await context.services.hub.receiptPages(tenant, application)));
  }
}

async function check(pages: AsyncIterable<readonly StoredReceipt[]>): Promise<ReceiptCheck> {
  const whole = followChain();
  let receipts = 0;
  let head = "";
  let broken: BrokenReceipt | null = null;
  for await (const page of pages) {
    for (const stored of page) {
      if (!whole(stored) && broken === null) broken = { id: stored.receipt.id, index: receipts };
      receipts += 1;
      head = stored.hash;
    }
  }
  return { receipts, intact: broken === null, broken, head };
}
