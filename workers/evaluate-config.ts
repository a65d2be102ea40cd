import { fork } from 'node:child_process';
import type { Evaluation } from '#src/config/typed/program.ts';
import { Problems } from '#src/schema/problem.ts';
import { entryPath } from './entry.ts';
import { DEFAULT_USER, findIdentity, type Identity, unreadableFor } from './identity.ts';
import { checkTypes } from './type-check.ts';

/** An evaluation that takes longer has hung. */
const USUAL_LIMIT_MS = 10_000;

/**
 * Evaluates a weir.config.ts in a process of its own, as root as the user that serves by default
 * (`-g "user …;"` names another). Never throws: what goes wrong is among the problems.
 */
export async function evaluateConfig(
  file: string,
  globals: string | undefined,
): Promise<Evaluation> {
  const problems = new Problems();
  const place = { file, line: 0, column: 0 };
  const identity = evaluatorOf(globals);
  const closed = identity && unreadableFor(identity, [file]);
  if (identity !== undefined && closed !== undefined) {
    const message = `user "${identity.name}" cannot read ${closed}`;
    problems.emerg(place, message, 'weir.config.ts is never run as root: -g "user NAME;"');
    return { nodes: [], program: undefined, problems: problems.list };
  }
  const [{ evaluation, how }, typeProblems] = await Promise.all([
    runChild(file, identity, limitMs()),
    checkTypes(file, identity),
  ]);
  for (const problem of typeProblems) problems.add(problem);
  if (evaluation === undefined) problems.emerg(place, how, 'nothing of it is used');
  for (const problem of evaluation?.problems ?? []) problems.add(problem);
  const { nodes = [], program } = evaluation ?? {};
  return { nodes, program, problems: problems.list };
}

/** WEIR_EVALUATION_MS is for tests of what hangs. */
function limitMs(): number {
  return Number(process.env['WEIR_EVALUATION_MS'] ?? USUAL_LIMIT_MS);
}

/** Undefined: as who we are. */
export function evaluatorOf(globals = ''): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [, user = DEFAULT_USER] = /(?:^|[;\s])user\s+([^\s;]+)/.exec(globals) ?? [];
  const identity = findIdentity(user, undefined);
  if (typeof identity === 'string') return undefined; // told when the configuration is prepared
  // Where that user cannot read Weir itself it serves as root, too, and says so (preparation.ts).
  const isOurs = unreadableFor(identity, [entryPath('evaluation'), process.execPath]) === undefined;
  return isOurs ? identity : undefined;
}

function runChild(
  file: string,
  identity: Identity | undefined,
  timeoutMs: number,
): Promise<{ evaluation: Evaluation | undefined; how: string }> {
  const child = fork(entryPath('evaluation'), [file], {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 2, 2, 'ipc'],
    // A cache of compiled sources is its owner's alone (compile-cache.ts).
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
    ...(identity === undefined ? {} : { uid: identity.uid, gid: identity.gid }),
  });
  return new Promise((resolve) => {
    let evaluation: Evaluation | undefined;
    let failure: string | undefined;
    const timer = setTimeout(() => {
      failure = `the evaluation of the configuration took longer than ${timeoutMs / 1000} s`;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.on('message', (message: Evaluation) => {
      evaluation = message;
    });
    child.on('error', (error) => {
      failure = `the configuration cannot be evaluated: ${error.message}`;
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const how = failure ?? howItEnded(code, signal);
      resolve({ evaluation: failure === undefined ? evaluation : undefined, how });
    });
  });
}

function howItEnded(code: number | null, signal: string | null): string {
  if (code === 0) return 'the configuration waits for a promise that never resolves';
  const how = signal === null ? `exit code ${code}` : signal;
  return `the process that evaluates the configuration ended with ${how}`;
}
