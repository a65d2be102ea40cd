/**
 * The functions of one configuration in one thread: it calls them, says in shared memory which one
 * runs, and tells the log what fails. The master has their names only.
 */
import type { ErrorLog } from '#src/base/log.ts';
import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { requestIdOf } from '#src/exchange/request-id.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import type { Place } from '#src/schema/problem.ts';
import { THREAD_ROW_CELLS } from '#src/shared/layout.ts';
import {
  FUNCTION_CALLS,
  FUNCTION_ERRORS,
  FUNCTION_NOW,
  LOOP_BEATS,
} from '#src/shared/thread-rows.ts';

/** A function as the configuration has it; what it takes and gives is checked when it is called. */
export type AnyFunction = (...given: readonly unknown[]) => unknown;

/** What is known of a function everywhere. */
export interface FunctionFacts extends Place {
  readonly path: string;
  readonly name: string;
}

/** Reads `$name` of an exchange; undefined: there is no such variable. */
export type FindVariable = (
  name: string,
) => ((exchange: Exchange) => string | undefined) | undefined;

/** What a host needs of its thread. */
export interface HostThread {
  readonly row: Float64Array;
  readonly log: ErrorLog;
  readonly wheel: TimerWheel;
}

/** Several in the time after which a thread counts as blocked. */
const BEAT_MS = 100;

export class FunctionHost {
  readonly #functions: readonly AnyFunction[];
  readonly #refs: ReadonlyMap<string, FunctionRef>;
  readonly #readers = new Map<string, (exchange: Exchange) => string | undefined>();
  #findVariable: FindVariable = () => undefined;
  #row: Float64Array = new Float64Array(THREAD_ROW_CELLS);
  #thread: HostThread | undefined;

  /** `functions` in the order of `facts`; empty where they are not to run. */
  constructor(facts: readonly FunctionFacts[], functions: readonly AnyFunction[] = []) {
    this.#functions = functions;
    this.#refs = new Map(
      facts.map(({ path, name, file, line, column }, number) => {
        return [path, { number, path, name, place: { file, line, column } }];
      }),
    );
  }

  /** Whether there are any. */
  get hasFunctions(): boolean {
    return this.#refs.size > 0;
  }

  /** The function at that place of the configuration. */
  find(path: string): FunctionRef | undefined {
    return this.#refs.get(path);
  }

  /** Where `variable()` looks. */
  useVariables(find: FindVariable): void {
    this.#findVariable = find;
  }

  /** From here on functions can run. */
  attach(thread: HostThread): void {
    this.#thread = thread;
    this.#row = thread.row;
    if (this.hasFunctions) setInterval(() => this.#beat(), BEAT_MS).unref();
  }

  /** The loop turns: nothing blocks it (workers/watchdog.ts). */
  #beat(): void {
    this.#row[LOOP_BEATS] = (this.#row[LOOP_BEATS] as number) + 1;
  }

  get wheel(): TimerWheel {
    return this.#attached().wheel;
  }

  /** Calls a function; what it throws is thrown. */
  call(ref: FunctionRef, ...given: readonly unknown[]): unknown {
    const run = this.#functions[ref.number];
    if (run === undefined) throw new Error(`${ref.path} is not loaded in this thread`);
    const row = this.#row;
    const before = row[FUNCTION_NOW] as number;
    row[FUNCTION_CALLS] = (row[FUNCTION_CALLS] as number) + 1;
    row[FUNCTION_NOW] = ref.number + 1;
    try {
      return run(...given);
    } finally {
      row[FUNCTION_NOW] = before;
    }
  }

  /** A function goes on after it waited, or began to wait: it may block from there, too. */
  awaits(ref: FunctionRef): void {
    this.#row[FUNCTION_NOW] = ref.number + 1;
  }

  /** What was awaited has come. */
  settles(ref: FunctionRef): void {
    if (this.#row[FUNCTION_NOW] === ref.number + 1) this.#row[FUNCTION_NOW] = 0;
  }

  /** One line in the error log, with the stack. */
  onFailed(ref: FunctionRef, exchange: Exchange, error: unknown): void {
    this.#row[FUNCTION_ERRORS] = (this.#row[FUNCTION_ERRORS] as number) + 1;
    const { downstream, request } = exchange;
    const client = downstream?.facts.remoteAddress ?? '';
    this.#thread?.log.error(
      `function ${ref.name} failed: ${describe(error)}; client: ${client}, request: ` +
        `"${request.method} ${request.target}", request id: ${requestIdOf(exchange)}, ` +
        `in ${ref.place.file}:${ref.place.line}`,
    );
  }

  /** The same, of a balancer: it has no exchange. */
  onBalancerFailed(ref: FunctionRef, error: unknown): void {
    this.#row[FUNCTION_ERRORS] = (this.#row[FUNCTION_ERRORS] as number) + 1;
    const { file, line } = ref.place;
    this.#thread?.log.error(
      `balancer ${ref.name} failed, round robin chooses: ${describe(error)}; in ${file}:${line}`,
    );
  }

  /** The value of a variable, written with or without "$". @throws Error when there is none */
  variable(exchange: Exchange, given: string): string | undefined {
    const name = given.replace(/^\$/, '').toLowerCase();
    let read = this.#readers.get(name);
    if (read === undefined) {
      read = this.#findVariable(name);
      if (read === undefined) throw new Error(`unknown "${name}" variable`);
      this.#readers.set(name, read);
    }
    return read(exchange);
  }

  #attached(): HostThread {
    if (this.#thread === undefined) throw new Error('functions run in proxy threads only');
    return this.#thread;
  }
}

/** The stack with its lines joined: a log line is one line. */
export function describe(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : '';
  return text === '' ? `it threw ${String(error)}` : text.replace(/\s*\n\s*/g, ' | ');
}
