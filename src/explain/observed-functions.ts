/** The functions of weir.config.ts, telling when they are called. */

import {
  type AnyFunction,
  type FunctionFacts,
  FunctionHost,
} from '#src/functions/function-host.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import type { Recorder } from './recorder.ts';

export class ObservedFunctions extends FunctionHost {
  readonly #recorder: Recorder;

  constructor(
    facts: readonly FunctionFacts[],
    functions: readonly AnyFunction[],
    recorder: Recorder,
  ) {
    super(facts, functions);
    this.#recorder = recorder;
  }

  override call(ref: FunctionRef, first: unknown, second?: unknown): unknown {
    const { name, path, place } = ref;
    this.#recorder.add({ kind: 'function', text: name === '' ? path : name, place });
    return super.call(ref, first, second);
  }
}
