import { layoutOf } from './layout.ts';

/** Threads are being started; nobody listens yet. */
export const PHASE_STARTING = 0;
/** Accepting and serving. */
export const PHASE_SERVING = 1;
/** A newer generation accepts; this one finishes what is open. */
export const PHASE_DRAINING = 2;
/** Nothing is open any more; the process ends. */
export const PHASE_DRAINED = 3;

const READY = 1;
const DRAINED = 2;

/**
 * Phase of the generation (written by its main thread) and one cell of bits per thread (written by
 * that thread; cleared by the main thread after the thread has died).
 */
export class GenerationBoard {
  readonly threadCount: number;
  /** Cell 0 is the phase, cell 1 + n the bits of thread n. */
  readonly #cells: Int32Array;

  constructor(buffer: SharedArrayBuffer, threadCount: number) {
    this.threadCount = threadCount;
    this.#cells = new Int32Array(buffer, layoutOf(threadCount, 0).boardOffset, threadCount + 1);
  }

  /** One of PHASE_STARTING, PHASE_SERVING, PHASE_DRAINING, PHASE_DRAINED. */
  get phase(): number {
    return Atomics.load(this.#cells, 0);
  }

  set phase(phase: number) {
    Atomics.store(this.#cells, 0, phase);
  }

  /** The thread listens and serves. */
  setReady(thread: number): void {
    Atomics.or(this.#cells, 1 + thread, READY);
  }

  isReady(thread: number): boolean {
    return (Atomics.load(this.#cells, 1 + thread) & READY) !== 0;
  }

  /** The thread's last connection is gone and it accepts no more. */
  setDrained(thread: number): void {
    Atomics.or(this.#cells, 1 + thread, DRAINED);
  }

  isDrained(thread: number): boolean {
    return (Atomics.load(this.#cells, 1 + thread) & DRAINED) !== 0;
  }

  /** A thread has died: neither ready nor drained. */
  clearThread(thread: number): void {
    Atomics.store(this.#cells, 1 + thread, 0);
  }
}
