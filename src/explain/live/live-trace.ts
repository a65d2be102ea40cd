/** What is written down of one exchange in a Weir that serves, until its answer leaves. */

import type { FailureCode } from '#src/base/failure.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { DirectiveIndex } from '#src/explain/directive-index.ts';
import { Recorder, type Recorders } from '#src/explain/recorder.ts';
import type { TryEvent } from '#src/explain/trace.ts';

export class LiveTrace {
  readonly listenKey: string;
  readonly recorder: Recorder;
  /** Of the try that is about to be told. */
  failure: FailureCode | undefined = undefined;

  constructor(listenKey: string, index: DirectiveIndex) {
    this.listenKey = listenKey;
    this.recorder = new Recorder(index);
  }

  onTry(upstreamTry: Omit<TryEvent, 'kind' | 'failure'>): void {
    this.recorder.add({ kind: 'try', ...upstreamTry, failure: this.failure });
    this.failure = undefined;
  }
}

/** Those of all exchanges that are asked about. Objects of exchanges are few, and used again. */
export class LiveTraces implements Recorders {
  readonly #traces = new WeakMap<Exchange, LiveTrace>();
  readonly #stray: Recorder;
  current: Recorder;

  constructor(index: DirectiveIndex) {
    this.#stray = new Recorder(index);
    this.current = this.#stray;
  }

  begin(exchange: Exchange, trace: LiveTrace): void {
    this.#traces.set(exchange, trace);
    this.current = trace.recorder;
  }

  traceOf(exchange: Exchange): LiveTrace | undefined {
    return this.#traces.get(exchange);
  }

  /** Undefined: its answer has left already. */
  end(exchange: Exchange): LiveTrace | undefined {
    const trace = this.#traces.get(exchange);
    this.#traces.delete(exchange);
    this.current = this.#stray;
    trace?.recorder.end();
    return trace;
  }

  of(exchange: Exchange): Recorder {
    const trace = this.#traces.get(exchange);
    if (trace === undefined) this.#stray.forget();
    this.current = trace?.recorder ?? this.#stray;
    return this.current;
  }
}
