/** Polls `probe` until it gives `expected` (by JSON), then once more after `settleMs` to see that it stays; else throws with the last value. */
export async function eventually<T>(
  probe: () => Promise<T> | T,
  expected: T,
  limitMs: number,
  settleMs = 2_000,
): Promise<void> {
  const until = Date.now() + limitMs;
  const wanted = JSON.stringify(expected);
  let last = "";
  while (Date.now() < until) {
    last = JSON.stringify(await probe());
    if (last === wanted) {
      await new Promise((wake) => setTimeout(wake, settleMs));
      last = JSON.stringify(await probe());
      if (last === wanted) return;
      break;
    }
    await new Promise((wake) => setTimeout(wake, 250));
  }
  throw new Error(`expected ${wanted}, last saw ${last}`);
}
