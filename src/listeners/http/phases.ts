/** Data path. The phases of an HTTP/1.1 client connection, each with its meaning and its gauge. */

import {
  CONNECTIONS_READING,
  CONNECTIONS_WAITING,
  CONNECTIONS_WRITING,
} from '#src/shared/thread-rows.ts';

export const P_NEW = 0; //     being set up
export const P_IDLE = 1; //    between requests
export const P_HEAD = 2; //    a request head is coming
export const P_BODY = 3; //    its body is coming
export const P_SERVED = 4; //  request complete, response not
export const P_DISCARD = 5; // answered early; the rest of the body is read and dropped
export const P_LINGER = 6; //  our side is closed; input is dropped until the client closes
export const P_TUNNEL = 7; //  another protocol, relayed as it is, since the 101
export const P_CLOSED = 8; //  terminal

export const NO_GAUGE = -1;

/** Index = phase: where a connection in that phase is counted, as nginx's stub_status has it. */
export const GAUGE_OF_PHASE: readonly number[] = [
  NO_GAUGE,
  CONNECTIONS_WAITING,
  CONNECTIONS_READING,
  CONNECTIONS_WRITING,
  CONNECTIONS_WRITING,
  CONNECTIONS_READING,
  NO_GAUGE,
  CONNECTIONS_WRITING,
  NO_GAUGE,
];
