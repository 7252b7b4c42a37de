import fc from "fast-check";
import { mutation } from "../mutate.ts";
import { Door } from "./door.ts";
import { world } from "./world.ts";

/** Requests that are at the door at once, each of an application of its own. */
const SIDE_BY_SIDE = 4;
/** worlds of one seed */
const RUNS = 25;

interface EdgeFuzzed {
  readonly events: number;
  readonly fared: Readonly<Record<string, number>>;
}

/**
 * Random policies, deployments, stored consent and events at the edge's door, until it has had `events`: what gets behind
 * it is what the oracle allows. Returns how many it was, and how they fared.
 */
export async function fuzzEdge(events: number, seed: number, natsServer: string | undefined): Promise<EdgeFuzzed> {
  let count = 0;
  const { fared } = await atDoor(natsServer, async (door, lane) => {
    for (let own = seed + lane; count < events; own += SIDE_BY_SIDE) {
      const property = fc.asyncProperty(world, async (each) => {
        await door.run(each);
        for (const request of each.requests) count += request.events.length;
      });
      await fc.assert(property, { seed: own, numRuns: RUNS });
    }
  });
  return { events: count, fared };
}

const headers = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Record<string, string>>({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Record<string, string>>(
      { "content-encoding": "gzip" },
      { "content-encoding": "identity, br" },
      { "content-type": "application/cloudevents-batch+json" },
      { "content-type": "application/cloudevents+json" },
      { "content-type": "application/json; charset=utf-16" },
      { "ce-specversion": "1.0", "ce-id": "%", "ce-type": "t" },
      { "ce-specversion": "1.0", "ce-id": "1", "ce-type": "t", "ce-subject": "s1", "ce-time": "2026-11-24T10:00:00Z" },
    ),
  },
);

/** Bodies with bytes changed: no answer but those of the catalogue, and nothing that a lane may not see behind the door. */
export async function fuzzBodies(bodies: number, seed: number, natsServer: string | undefined): Promise<number> {
  let count = 0;
  await atDoor(natsServer, async (door, lane) => {
    for (let own = seed + lane; count < bodies; own += SIDE_BY_SIDE) {
      const property = fc.asyncProperty(world, mutation, headers, async (each, change, given) => {
        await door.runBroken(each, change, given);
        count++;
      });
      await fc.assert(property, { seed: own, numRuns: RUNS });
    }
  });
  return count;
}

async function atDoor(natsServer: string | undefined, run: (door: Door, lane: number) => Promise<void>): Promise<Door> {
  const door = await Door.open(natsServer);
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, (_, lane) => run(door, lane)));
  } finally {
    await door.close();
  }
  return door;
}
