/** Data path. The stores of this thread's bodies, for those who take one and give it back. */

import { FreeList } from '#src/base/free-list.ts';
import { RequestStore } from './request-store.ts';
import { ResponseStore } from './response-store.ts';

/** Empty ones kept of each, well below 1 KB apiece: a store keeps no memory of its last body. */
const MAX_KEPT = 256;

const requestStores = new FreeList(() => new RequestStore(), MAX_KEPT);
const responseStores = new FreeList(() => new ResponseStore(), MAX_KEPT);

/** An empty one; `begin` it. */
export function acquireRequestStore(): RequestStore {
  return requestStores.acquire();
}

/** Resets it, whatever is under way. Once per acquire. */
export function releaseRequestStore(store: RequestStore): void {
  requestStores.release(store);
}

/** An empty one; `begin` it. */
export function acquireResponseStore(): ResponseStore {
  return responseStores.acquire();
}

/** Resets it, whatever is under way. Once per acquire. */
export function releaseResponseStore(store: ResponseStore): void {
  responseStores.release(store);
}
