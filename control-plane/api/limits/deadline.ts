import { ApiError } from "../../errors/api-error.ts";
import type { Context } from "../context.ts";
import { LIMITS } from "./limits.ts";

export const newDeadline = (): number => Date.now() + LIMITS.operationMs;

/** Milliseconds that the operation has left; throws OPERATION_TIMEOUT when it has none. */
export function timeLeft({ deadline }: Context): number {
  const left = deadline - Date.now();
  if (left <= 0) throw new ApiError("OPERATION_TIMEOUT");
  return left;
}

/** For what is outside the database, which keeps the deadline by itself. */
export async function withinDeadline<T>(context: Context, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new ApiError("OPERATION_TIMEOUT")), timeLeft(context));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
