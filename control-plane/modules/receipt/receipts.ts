import { Arg, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import { brokenLink, type StoredReceipt } from "@o2mc/schema/consent/receipt.ts";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { read } from "../../api/scope.ts";
import { ReceiptModel, toReceipt } from "./receipt.type.ts";
import { subjectKeyOf } from "../subject/subject-key.ts";

@ObjectType()
class ReceiptCheck {
  @Field(() => Int)
  receipts!: number;

  @Field(() => Boolean, { description: "every receipt is what was written, behind the one that it names" })
  intact!: boolean;

  @Field(() => ReceiptModel, { nullable: true, description: "the first that is not" })
  broken!: ReceiptModel | null;

  @Field(() => String, { description: "hash of the last receipt: kept elsewhere, it shows if the end was cut off" })
  head!: string;
}

@Resolver()
export class Receipts {
  @Query(() => [ReceiptModel], { description: "of one subject, newest first" })
  async receipts(
    @Arg("application", () => ID) application: string,
    @Arg("subject", () => String) subject: string,
    @Ctx() context: Context,
  ): Promise<ReceiptModel[]> {
    const { tenant, key } = await read(context, "receipt.read", async (scope) => {
      await findApplication(scope.em, application);
      return { tenant: scope.tenant, key: await subjectKeyOf(scope, subject) };
    });
    const stored = await context.services.hub.receipts(tenant, application, key);
    return stored.map(toReceipt).reverse();
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
    const chain = await context.services.hub.receipts(tenant, application);
    const broken: StoredReceipt | undefined = chain[brokenLink(chain)];
    return {
      receipts: chain.length,
      intact: broken === undefined,
      broken: broken === undefined ? null : toReceipt(broken),
      head: chain.at(-1)?.hash ?? "",
    };
  }
}
