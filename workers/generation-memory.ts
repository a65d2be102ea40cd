/** The shared memory of a generation, and what its threads are given of it. */
import { allocateParts, type PartMemory, releaseParts } from '#src/functions/shared-parts.ts';
import { allocateShared, SharedState } from '#src/shared/shared-state.ts';
import { sizesOf } from './load-report.ts';
import type { StartOrder, ThreadData } from './messages.ts';
import type { ProviderHost } from './provider-slot.ts';

/** Made once; it never grows. */
export class GenerationMemory {
  readonly state: SharedState;
  /** By number. */
  readonly threads: readonly ThreadData[];
  readonly #parts: StartOrder['outline']['parts'];
  readonly #partMemory: PartMemory;
  readonly #packedModel: SharedArrayBuffer;

  constructor(order: StartOrder) {
    const { connectionCap, errorLogs, outline, servesByMs, threadCount } = order;
    const { partCount, parts } = outline;
    const sizes = sizesOf(outline, threadCount);
    const shared = allocateShared(sizes);
    const packedModel = sharedBytes(order.packedModel);
    const partMemory = allocateParts(parts);
    this.state = new SharedState(shared, sizes, 0);
    this.#parts = parts;
    this.#partMemory = partMemory;
    this.#packedModel = packedModel;
    this.threads = Array.from({ length: threadCount }, (_, thread) => {
      const own = { packedModel, partCount, partMemory, thread, shared, sizes };
      return { ...own, connectionCap, servesByMs, errorLogs };
    });
  }

  /** For the thread of all `provider` functions. */
  providers(report: (line: string) => void): ProviderHost {
    const owner = this.threads.length + 1;
    return {
      data: { packedModel: this.#packedModel, partMemory: this.#partMemory, owner },
      report,
      onDeath: () => releaseParts(this.#parts, this.#partMemory, owner),
    };
  }

  /** That thread has ended, in whatever way: its cells are zeroed, its locks freed. */
  clearThread(thread: number): void {
    const { board, endpoints, rows, sessions } = this.state;
    board.clearThread(thread);
    endpoints.zeroThread(thread);
    endpoints.queues.zeroThread(thread);
    endpoints.queues.wakeAllFirst();
    for (const table of sessions.values()) table.releaseLocks(thread);
    rows.zeroGauges(thread);
    releaseParts(this.#parts, this.#partMemory, thread + 1);
  }
}

/** Once for all threads. */
function sharedBytes(base64: string): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(Buffer.byteLength(base64, 'base64'));
  Buffer.from(shared).write(base64, 'base64');
  return shared;
}
