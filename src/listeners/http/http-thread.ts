/**
 * Data path. What all HTTP connections of one thread share beyond what every listener does: the
 * free lists, the number of the next connection, and how an exchange ends.
 */

import { FreeList, type Reusable } from '#src/base/free-list.ts';
import { BodyDecoder } from '#src/codecs/h1/body-decoder.ts';
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import { recordExchange } from '#src/exchange/access-record.ts';
import { Exchange } from '#src/exchange/exchange.ts';
import type { ListenerThread } from '#src/listeners/listener.ts';
import { REASON_COLUMNS } from '#src/shared/reason-columns.ts';
import { BYTES_OUT, RESPONSES_1XX } from '#src/shared/thread-rows.ts';

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

  /** Counts an exchange that is over, writes what is to be said of it, and takes it back. */
  endExchange(exchange: Exchange): void {
    const { row } = this.host;
    const family = Math.floor(exchange.response.status / 100);
    if (family >= 1 && family <= 5) {
      const column = RESPONSES_1XX + family - 1;
      row[column] = (row[column] ?? 0) + 1;
    }
    row[BYTES_OUT] = (row[BYTES_OUT] ?? 0) + exchange.bytesSent;
    this.#record(exchange);
    this.exchanges.release(exchange);
  }

  /** A mistake in what is said of an exchange costs the line and nothing else. */
  #record(exchange: Exchange): void {
    const { clock, onInternalError, onReason, row } = this.host;
    try {
      if (exchange.reason !== '') {
        const column = REASON_COLUMNS[exchange.reason];
        row[column] = (row[column] ?? 0) + 1;
        onReason(exchange);
      }
      if (exchange.logs.length > 0) {
        clock.refresh();
        recordExchange(exchange);
      }
    } catch (error) {
      onInternalError(error);
    }
  }
}
