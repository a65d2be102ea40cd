/**
 * Data path. What all HTTP connections of one thread share beyond what every listener does: the
 * free lists, and the number of the next connection.
 */

import { FreeList, type Reusable } from '#src/base/free-list.ts';
import { BodyDecoder } from '#src/codecs/h1/body-decoder.ts';
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import { Exchange } from '#src/exchange/exchange.ts';
import type { ListenerThread } from '#src/listeners/listener.ts';

/** Exchanges and readers kept for reuse; one exchange is about 5 KB. */
const MAX_FREE = 1024;

/** Head and body decoder of one request being read; a connection between requests holds none. */
export class RequestReader implements Reusable {
  readonly head = new RequestDecoder();
  readonly body = new BodyDecoder();

  reset(): void {
    this.head.reset();
  }
}

export class HttpThread {
  /** What server.ts gave. */
  readonly host: ListenerThread;
  readonly exchanges = new FreeList<Exchange>(() => new Exchange(), MAX_FREE);
  readonly readers = new FreeList<RequestReader>(() => new RequestReader(), MAX_FREE);
  connectionSerial = 0;

  constructor(host: ListenerThread) {
    this.host = host;
  }
}
