import { Extensions, Field, Float, InputType, Int, registerEnumType } from "type-graphql";
import type { StepVerb } from "@o2mc/schema/pipeline/definition.ts";
import type { AnonymizeOptions } from "@o2mc/schema/pipeline/steps/anonymize.ts";
import type { DropOptions } from "@o2mc/schema/pipeline/steps/drop.ts";
import type { EmitOptions } from "@o2mc/schema/pipeline/steps/emit.ts";
import type { FilterOptions } from "@o2mc/schema/pipeline/steps/filter.ts";
import type { LookupOptions } from "@o2mc/schema/pipeline/steps/lookup.ts";
import type { MapOptions } from "@o2mc/schema/pipeline/steps/map.ts";
import type { RenameOptions } from "@o2mc/schema/pipeline/steps/rename.ts";
import type { SessionizeOptions } from "@o2mc/schema/pipeline/steps/sessionize.ts";
import type { Aggregate, WindowOptions } from "@o2mc/schema/pipeline/steps/window.ts";

// `implements Required<…>`: an option that the schema gains or loses is a type error here. The absent ones are taken
// out again by `plainDefinition`.

const AnonymizeMethod = { HASH: "hash", MASK: "mask", TRUNCATE: "truncate", GENERALISE: "generalise" } as const;
const Keep = { FIRST: "first", LAST: "last" } as const;
const AggregateKind = { COUNT: "count", SUM: "sum", DISTINCT: "distinct" } as const;

registerEnumType(AnonymizeMethod, { name: "AnonymizeMethod" });
registerEnumType(Keep, { name: "Keep" });
registerEnumType(AggregateKind, { name: "AggregateKind" });

@InputType()
class FilterStepInput implements Required<FilterOptions> {
  @Field(() => String, { description: "CEL expression of type bool over `event`" })
  where!: string;
}

@InputType()
class MapSetInput {
  @Field(() => String)
  field!: string;

  @Field(() => String, { description: "CEL expression over `event`" })
  expression!: string;
}

@InputType()
class MapStepInput implements Required<MapOptions> {
  @Field(() => [MapSetInput])
  set!: MapSetInput[];
}

@InputType()
class DropStepInput implements Required<DropOptions> {
  @Field(() => [String])
  fields!: string[];
}

@InputType()
class RenameFieldInput {
  @Field(() => String)
  from!: string;

  @Field(() => String)
  to!: string;
}

@InputType()
class RenameStepInput implements Required<RenameOptions> {
  @Field(() => [RenameFieldInput])
  fields!: RenameFieldInput[];
}

@InputType()
class AnonymizeStepInput implements Required<AnonymizeOptions> {
  @Field(() => String)
  field!: string;

  @Field(() => AnonymizeMethod)
  method!: AnonymizeOptions["method"];

  @Field(() => Int, { nullable: true, description: "of mask and truncate: characters that stay" })
  keep!: number;

  @Field(() => Float, { nullable: true, description: "of generalise: rounds down to a multiple of it" })
  step!: number;
}

@InputType()
class GeoipInput {
  @Field(() => String, { description: "holds the address" })
  field!: string;

  @Field(() => String, { description: "prefix of the new columns country, city, latitude, longitude" })
  into!: string;
}

@InputType()
class LookupStepInput implements Required<LookupOptions> {
  @Field(() => GeoipInput)
  geoip!: GeoipInput;
}

@InputType()
class StickyInput {
  @Field(() => String)
  field!: string;

  @Field(() => Keep)
  keep!: "first" | "last";

  @Field(() => String)
  as!: string;
}

@InputType()
class SessionizeStepInput implements Required<SessionizeOptions> {
  @Field(() => Int, { description: "two events belong together when at most this lies between them" })
  gapSeconds!: number;

  @Field(() => [StickyInput], { defaultValue: [] })
  sticky!: StickyInput[];
}

@InputType()
class AggregateInput implements Required<Aggregate> {
  @Field(() => String)
  as!: string;

  @Field(() => AggregateKind)
  kind!: Aggregate["kind"];

  @Field(() => String, { nullable: true, description: "needed by SUM and DISTINCT" })
  field!: string;
}

@InputType()
class WindowStepInput implements Required<WindowOptions> {
  @Field(() => Int)
  sizeSeconds!: number;

  @Field(() => [String], { defaultValue: [] })
  by!: string[];

  @Field(() => [AggregateInput])
  aggregates!: AggregateInput[];
}

@InputType()
class EmitStepInput implements Required<EmitOptions> {
  @Field(() => String)
  output!: string;

  @Field(() => [String], { nullable: true, description: "all columns when left out" })
  fields!: string[];
}

@Extensions({ oneOf: true })
@InputType({ description: "One step: exactly one verb." })
export class StepInput implements Record<StepVerb, object> {
  @Field(() => FilterStepInput, { nullable: true })
  filter!: FilterStepInput;

  @Field(() => MapStepInput, { nullable: true })
  map!: MapStepInput;

  @Field(() => DropStepInput, { nullable: true })
  drop!: DropStepInput;

  @Field(() => RenameStepInput, { nullable: true })
  rename!: RenameStepInput;

  @Field(() => AnonymizeStepInput, { nullable: true })
  anonymize!: AnonymizeStepInput;

  @Field(() => LookupStepInput, { nullable: true })
  lookup!: LookupStepInput;

  @Field(() => SessionizeStepInput, { nullable: true })
  sessionize!: SessionizeStepInput;

  @Field(() => WindowStepInput, { nullable: true })
  window!: WindowStepInput;

  @Field(() => EmitStepInput, { nullable: true })
  emit!: EmitStepInput;
}
