import type { Key, Keys } from "./keys.ts";
import { NONE, type Slot, type Slots } from "./slots.ts";

/** The windows of session kind that a row goes into. */
export interface Joined {
  /** NONE = it begins one of its own */
  slot: Slot;
  /** one that it joins with `slot`; NONE = none */
  other: Slot;
  late: boolean;
}

/**
 * Looks for what a row at `time` joins, and changes nothing but to take what `watermark` has passed out of the group's
 * chain. A row is late when a window of its own would have completed already, unless it lies inside an open one.
 */
export function findSession(
  { keys, slots }: { readonly keys: Keys; readonly slots: Slots },
  key: Key,
  { time, watermark, gap, lateness }: Record<"time" | "watermark" | "gap" | "lateness", number>,
  into: Joined,
): void {
  into.slot = NONE;
  into.other = NONE;
  let inside = false;
  for (let at = key < 0 ? NONE : keys.head(key), next = NONE; at !== NONE; at = next) {
    next = slots.next(at);
    const start = slots.start(at);
    const end = slots.end(at);
    if (end + gap + lateness < watermark) slots.unlink(at);
    else if (time >= start - gap && time <= end + gap) {
      inside ||= time >= start && time <= end;
      if (into.slot === NONE) into.slot = at;
      else into.other = at;
    }
  }
  // always the earlier one, so that the order of the chain makes no difference
  if (into.other !== NONE && slots.start(into.other) < slots.start(into.slot)) {
    [into.slot, into.other] = [into.other, into.slot];
  }
  const past = time + gap + lateness < watermark || (key >= 0 && time <= keys.completed(key));
  into.late = past && !inside;
}
