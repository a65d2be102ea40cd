/** What a client may do in the tests of this folder: long limits, connections kept. */

import { NO_LIMITS } from '#src/exchange/exchange.ts';
import type { ClientSettings } from './directives.ts';

/** The settings that a listener reads before a location is known, and those of an exchange. */
export const CLIENT = {
  ...NO_LIMITS,
  headerTimeoutMs: 60_000,
  bodyTimeoutMs: 60_000,
  sendTimeoutMs: 60_000,
  headerBuffers: { count: 4, bytes: 8192 },
  underscoresInHeaders: false,
  maxHeaders: 100,
  mergesSlashes: true,
  keepalive: { timeoutMs: 75_000, headerSec: 0 },
  keepaliveRequests: 1000,
  keepaliveTimeMs: 3_600_000,
  keepaliveMinTimeoutMs: 1_000,
} as unknown as ClientSettings;
