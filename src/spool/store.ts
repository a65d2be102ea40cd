/** What both stores have in common. */

/** Who fills and empties a store. Called from the event loop, never from within a call of it. */
export interface StoreOwner {
  /** `append` had said false; there is room again. */
  onStoreRoom(): void;
  /** `next` had said undefined while not at the end; ask again. */
  onStoreReadable(): void;
  /**
   * Bytes are lost: a read failed, or, with a request, a write. The store is of no use any more,
   * says nothing further, and waits for `reset`.
   * @param errno such as 'ENOSPC'
   */
  onStoreFailed(errno: string): void;
}
