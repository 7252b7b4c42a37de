import { Extensions, Field, InputType, Int, registerEnumType } from "type-graphql";
import type {
  DestinationOptions,
  FileOptions,
  PostgresOptions,
  WebhookOptions,
} from "@o2mc/schema/destinations/options.ts";

// `implements Required<…>`: an option that the schema gains or loses is a type error here.

const FileFormat = { JSONL: "jsonl", CSV: "csv" } as const;
registerEnumType(FileFormat, { name: "FileFormat" });

@InputType()
class PostgresOptionsInput implements Required<PostgresOptions> {
  @Field(() => String)
  host!: string;

  @Field(() => Int, { defaultValue: 5432 })
  port!: number;

  @Field(() => String)
  database!: string;

  @Field(() => String)
  user!: string;

  @Field(() => String, { description: "write-only" })
  password!: string;

  @Field(() => String, { defaultValue: "public" })
  schema!: string;

  @Field(() => String, { description: "made from the output's type when it does not exist" })
  table!: string;

  @Field(() => Boolean, { defaultValue: true })
  tls!: boolean;
}

@InputType()
class WebhookOptionsInput implements Required<WebhookOptions> {
  @Field(() => String)
  url!: string;

  @Field(() => String, { description: "write-only; `whsec_` and base64, as in Standard Webhooks" })
  secret!: string;
}

@InputType()
class FileOptionsInput implements Required<FileOptions> {
  @Field(() => String)
  directory!: string;

  @Field(() => FileFormat)
  format!: FileOptions["format"];

  @Field(() => Int, { defaultValue: 60 })
  rotateSeconds!: number;
}

@Extensions({ oneOf: true })
@InputType({ description: "Exactly one kind." })
export class DestinationOptionsInput implements Required<DestinationOptions> {
  @Field(() => PostgresOptionsInput, { nullable: true })
  postgres!: PostgresOptionsInput;

  @Field(() => WebhookOptionsInput, { nullable: true })
  webhook!: WebhookOptionsInput;

  @Field(() => FileOptionsInput, { nullable: true })
  file!: FileOptionsInput;
}
