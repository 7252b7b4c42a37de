import { quotaExceeded } from "../tenant/quotas.ts";

/** Counts each tenant's open subscriptions in this process. */
export class SubscriberCount {
  readonly #open = new Map<string, number>();

  /** The events, as one more subscription until they end; throws QUOTA_EXCEEDED when the tenant has as many as it may have. */
  async count<T>(
    tenant: string,
    limit: number | undefined,
    open: () => Promise<AsyncIterable<T>>,
  ): Promise<AsyncIterableIterator<T>> {
    const before = this.#open.get(tenant) ?? 0;
    if (limit !== undefined && before >= limit) throw quotaExceeded("subscribers", limit);
    this.#open.set(tenant, before + 1);
    let counted = true;
    const leave = (): void => {
      if (!counted) return;
      counted = false;
      const left = (this.#open.get(tenant) ?? 1) - 1;
      if (left === 0) this.#open.delete(tenant);
      else this.#open.set(tenant, left);
    };
    try {
      return released((await open())[Symbol.asyncIterator](), leave);
    } catch (error) {
      leave();
      throw error;
    }
  }
}

function released<T>(events: AsyncIterator<T>, leave: () => void): AsyncIterableIterator<T> {
  return {
    next: async () => {
      try {
        const item = await events.next();
        if (item.done === true) leave();
        return item;
      } catch (error) {
        leave();
        throw error;
      }
    },
    return: async () => {
      leave();
      return (await events.return?.()) ?? { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
