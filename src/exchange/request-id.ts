/** Data path. The id of a request: what its log lines, error pages and `$request_id` share. */

import type { Exchange } from './exchange.ts';

const ID_BYTES = 16;
/**
 * Random bytes for the next ids: one call to the system for 256 of them. node:crypto, half a megabyte
 * in each thread, comes with the first: in 3 ms, once.
 */
const pool = Buffer.alloc(ID_BYTES * 256);
let poolAt = pool.length;

/** 32 hex digits, made when first asked for and then the same for the whole exchange. */
export function requestIdOf(exchange: Exchange): string {
  if (exchange.requestId === '') {
    if (poolAt === pool.length) {
      process.getBuiltinModule('node:crypto').randomFillSync(pool);
      poolAt = 0;
    }
    exchange.requestId = pool.toString('hex', poolAt, poolAt + ID_BYTES);
    poolAt += ID_BYTES;
  }
  return exchange.requestId;
}
