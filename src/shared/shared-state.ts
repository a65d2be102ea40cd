import { EndpointTable } from './endpoint-table.ts';
import { GenerationBoard } from './generation-board.ts';
import { type SharedSizes, sharedBytes, zoneOffset } from './layout.ts';
import { SessionTable } from './session-table.ts';
import { ThreadRows } from './thread-rows.ts';

/**
 * The shared memory of one generation as one of its threads sees it. It is made once by the
 * generation's main thread and never grows; a SharedArrayBuffer does not cross processes.
 */
export class SharedState {
  readonly sizes: SharedSizes;
  /** The row this thread writes. */
  readonly thread: number;
  readonly rows: ThreadRows;
  readonly endpoints: EndpointTable;
  readonly board: GenerationBoard;
  /** Of `sticky learn`, by the id of the upstream. */
  readonly sessions: ReadonlyMap<number, SessionTable>;

  /** @throws RangeError when the buffer is smaller than `sharedBytes` of these sizes */
  constructor(buffer: SharedArrayBuffer, sizes: SharedSizes, thread: number) {
    const { threadCount, endpointCount, upstreamCount } = sizes;
    if (buffer.byteLength < sharedBytes(sizes)) {
      throw new RangeError(`shared memory of ${buffer.byteLength} bytes is too small`);
    }
    this.sizes = sizes;
    this.thread = thread;
    this.rows = new ThreadRows(buffer, threadCount);
    this.endpoints = new EndpointTable(buffer, threadCount, endpointCount, thread, upstreamCount);
    this.sessions = new Map(
      (sizes.zones ?? []).map(({ bytes, upstream }, number) => {
        return [upstream, new SessionTable(buffer, zoneOffset(sizes, number), bytes, thread)];
      }),
    );
    this.board = new GenerationBoard(buffer, threadCount);
  }

  /** Memory for one thread alone, as unit tests and benchmarks need it. */
  static alone(endpointCount: number, upstreamCount: number): SharedState {
    const sizes = { threadCount: 1, endpointCount, upstreamCount };
    return new SharedState(allocateShared(sizes), sizes, 0);
  }
}

/** Fresh, zeroed memory of these sizes. */
export function allocateShared(sizes: SharedSizes): SharedArrayBuffer {
  return new SharedArrayBuffer(sharedBytes(sizes));
}
