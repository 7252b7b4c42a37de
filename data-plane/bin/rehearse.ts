import { text } from "node:stream/consumers";
import type { RehearsalRequest } from "@o2mc/schema/rehearsal/rehearsal.ts";
import { rehearse } from "../rehearsal/rehearse.ts";

// no geo-IP database: places are unknown here
const result = rehearse(JSON.parse(await text(process.stdin)) as RehearsalRequest, () => undefined);
process.stdout.write(JSON.stringify(result));
