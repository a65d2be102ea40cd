/** Data path. The stores of this thread's request bodies, for those who take one and give it back. */

import { FreeList } from '#src/base/free-list.ts';
import { RequestStore } from './request-store.ts';

/** Empty ones kept per thread, well below 1 KB each: a store keeps no memory of its last body. */
const MAX_KEPT = 256;

const requestStores = new FreeList(() => new RequestStore(), MAX_KEPT);

/** An empty one; `begin` it. */
export function acquireRequestStore(): RequestStore {
  return requestStores.acquire();
}

/** Resets it, whatever is under way. Once per acquire. */
export function releaseRequestStore(store: RequestStore): void {
  requestStores.release(store);
}
