/** Reads a file of tests in a process of its own, within a time. */

import { fork } from 'node:child_process';
import type { DefinedTest } from '#src/explain/define-test.ts';
import { entryPath } from './entry.ts';
import type { Identity } from './identity.ts';
import type { TestEvaluation } from './test-evaluation.ts';

/** The tests of a file; a string says why there are none, with the place. */
export function evaluateTests(
  file: string,
  identity: Identity | undefined,
  timeoutMs: number,
): Promise<readonly DefinedTest[] | string> {
  const child = fork(entryPath('test-evaluation'), [file], {
    execArgv: ['--no-warnings'],
    serialization: 'advanced', // regular expressions go along
    stdio: ['ignore', 2, 2, 'ipc'],
    // A cache of compiled sources is its owner's alone (compile-cache.ts).
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
    ...(identity === undefined ? {} : { uid: identity.uid, gid: identity.gid }),
  });
  return new Promise((resolve) => {
    let evaluation: TestEvaluation | undefined;
    let failure = '';
    const timer = setTimeout(() => {
      failure = `${file} took longer than ${timeoutMs / 1000} s`;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.on('message', (message) => {
      evaluation = message as TestEvaluation;
    });
    child.on('error', (error) => {
      failure = `${file} cannot be read: ${error.message}`;
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (failure !== '') resolve(failure);
      else if (evaluation === undefined) resolve(endOf(file, code, signal));
      else if ('tests' in evaluation) resolve(evaluation.tests);
      else resolve(`${evaluation.message} in ${evaluation.place.file}:${evaluation.place.line}`);
    });
  });
}

function endOf(file: string, code: number | null, signal: string | null): string {
  if (code === 0) return `${file} waits for a promise that never resolves`;
  return `the process that reads ${file} ended with ${signal ?? `exit code ${code}`}`;
}
