import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import type { Context } from "../../api/context.ts";
import { findApplication } from "../../api/find.ts";
import { change } from "../../api/scope.ts";
import { subjectKeyOf } from "../subject/subject-key.ts";

/** of one subject: the newest, should somebody have said more */
const MOST = 10_000;

@ObjectType({ description: "one file, signed by the platform" })
class SignedFile {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: "its whole content" })
  content!: string;

  @Field(() => Int, { description: "receipts in it" })
  receipts!: number;

  @Field(() => String, { description: "Ed25519 over the content's UTF-8, base64" })
  signature!: string;

  @Field(() => String, { description: "PEM" })
  publicKey!: string;
}

@Resolver()
export class ExportReceipts {
  @Mutation(() => SignedFile, {
    description:
      "A subject's receipts as JSON lines, each with the hash of the one before it, oldest first. The whole chain comes " +
      "from `/receipts/<application>.ndjson`.",
  })
  exportReceipts(
    @Arg("application", () => ID) application: string,
    @Arg("subject", () => String) subject: string,
    @Ctx() context: Context,
  ): Promise<SignedFile> {
    return change(context, "receipt.read", async (scope) => {
      const { em, tenant, services, audit } = scope;
      await findApplication(em, application);
      const key = await subjectKeyOf(scope, subject);
      const { receipts } = await services.hub.receipts(tenant, application, key, { most: MOST });
      const stored = receipts.map((receipt) => receipt.stored);
      const head = {
        application,
        exportedAt: new Date().toISOString(),
        subjectKey: key,
        receipts: stored.length,
      };
      const content = [head, ...stored].map((line) => `${JSON.stringify(line)}\n`).join("");
      audit("receipts.exported", application, { subjectKey: key, receipts: stored.length });
      return {
        name: `receipts-${key}.jsonl`,
        content,
        receipts: stored.length,
        signature: services.signer.sign(content),
        publicKey: services.signer.publicKey,
      };
    });
  }
}
