import { FUNCTION_NOW, LOOP_BEATS, type ThreadRows } from '#src/shared/thread-rows.ts';

/** So often it looks. */
const INTERVAL_MS = 250;
/** A thread that stands still for so long is reported, and again each time this has doubled. */
const PATIENCE_MS = 1_000;

/** What it has seen of one thread. */
interface Watched {
  beats: number;
  sinceMs: number;
  /** The next report comes then. */
  reportAtMs: number;
}

/** What a watchdog asks and tells. */
export interface WatchdogOwner {
  readonly rows: ThreadRows;
  readonly threadCount: number;
  /** By number; the functions of weir.config.ts. */
  readonly functions: readonly string[];
  isServing(thread: number): boolean;
  /** One line for the error log. */
  report(line: string): void;
}

/**
 * Watches the event loops of proxy threads that run functions of a configuration: each counts its
 * turns in shared memory and says there which function it is in. Runs in the generation's main
 * thread, which nothing blocks.
 */
export class Watchdog {
  readonly #owner: WatchdogOwner;
  readonly #threads: Watched[];

  constructor(owner: WatchdogOwner, nowMs: number) {
    this.#owner = owner;
    this.#threads = Array.from({ length: owner.threadCount }, () => {
      return { beats: -1, sinceMs: nowMs, reportAtMs: PATIENCE_MS };
    });
  }

  /** Looks now and from now on, until the process ends. */
  start(): void {
    setInterval(() => this.look(performance.now()), INTERVAL_MS).unref();
  }

  /** Reports the threads that stand still. */
  look(nowMs: number): void {
    for (const [thread, watched] of this.#threads.entries()) {
      const row = this.#owner.rows.row(thread);
      const beats = row[LOOP_BEATS] ?? 0;
      if (beats !== watched.beats || !this.#owner.isServing(thread)) {
        watched.beats = beats;
        watched.sinceMs = nowMs;
        watched.reportAtMs = PATIENCE_MS;
        continue;
      }
      const stillMs = nowMs - watched.sinceMs;
      if (stillMs < watched.reportAtMs) continue;
      watched.reportAtMs = stillMs * 2;
      this.#owner.report(this.#line(row[FUNCTION_NOW] ?? 0, thread, Math.round(stillMs)));
    }
  }

  #line(now: number, thread: number, stillMs: number): string {
    const name = this.#owner.functions[now - 1];
    const who = name === undefined ? 'something' : `function ${name}`;
    return `${who} has blocked thread ${thread + 1} for ${stillMs} ms: its requests wait`;
  }
}

/** Watches from now on, until the process ends. */
export function watchThreads(owner: WatchdogOwner): void {
  new Watchdog(owner, performance.now()).start();
}
