/** One proxy thread: a Server, told by the generation's main thread when to listen and to end. */
import { closeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { SystemClock } from '#src/base/clock.ts';
import { ErrorLog } from '#src/base/log.ts';
import type { Model } from '#src/config/model.ts';
import { PackedModel } from '#src/config/packed-model.ts';
import type { ConfigTree } from '#src/config/tree.ts';
import { FunctionHost } from '#src/functions/function-host.ts';
import { ErrorLogFiles } from '#src/server/error-log-files.ts';
import { type MakeExplainer, Server } from '#src/server/server.ts';
import { USUAL_WARM_UP_MS, warmUp } from '#src/server/warm-up.ts';
import { publishFacts } from '#src/shared/facts.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import { provenTransport } from '#src/transport/proof.ts';
import { transportTier } from '#src/transport/transport.ts';
import { keepCompiled } from './compile-cache.ts';
import { crash } from './crash.ts';
import { openErrorLogs, reopenErrorLogs } from './log-files.ts';
import { buildCheaply } from './memory.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';
import { surviveFaultsOf } from './program-faults.ts';
import { ThreadApi } from './thread-api.ts';

const WARM_UP_EXCHANGES = 5_000;
/** Of a first start that is late already. */
const LEAST_WARM_UP_MS = 20;

const data = workerData as ThreadData;
const port = parentPort;
if (port === null) throw new Error('proxy-thread.ts runs as a thread of generation.ts');

const errorLogFiles = new ErrorLogFiles();
const fan = openErrorLogs(errorLogFiles, data.errorLogs);
const errorLog = new ErrorLog(fan, fan.level, process.pid, data.thread + 1);
const clock = new SystemClock();
/** In a function: when it is through, nothing holds what only it needs. */
async function open(): Promise<{
  model: Model;
  functions: FunctionHost;
  explain: MakeExplainer | undefined;
}> {
  const packed = new PackedModel(Buffer.from(data.packedModel));
  const { program } = packed;
  const functions = await functionsOf(program);
  const patterns = await patternsOf(packed);
  const model = packed.open(clock, functions, patterns.compilePattern);
  patterns.warmPatterns();
  if (program !== undefined) surviveFaultsOf(program, (line) => errorLog.error(line));
  return { model, functions, explain: await explainerOf(packed, model) };
}

type Patterns = Pick<typeof import('#src/pattern/pattern.ts'), 'compilePattern' | 'warmPatterns'>;

const NO_PATTERNS: Patterns = {
  compilePattern: () => ({ problem: 'the master has found no regular expression' }),
  warmPatterns: () => {},
};

/** Regular expressions: a tenth of a thread's own code, which many configurations have no use for. */
async function patternsOf({ hasPatterns }: PackedModel): Promise<Patterns> {
  return hasPatterns ? import('#src/pattern/pattern.ts') : NO_PATTERNS;
}

/** Loaded where clients may ask what became of a request. */
async function explainerOf(packed: PackedModel, { explains }: Model) {
  if (!explains) return undefined;
  const { liveExplainer } = await import('#src/explain/live/live-explainer.ts');
  return liveExplainer((server) => packed.nodesAround(server));
}

/** What loads a weir.config.ts is loaded when there is one: each thread would keep its code. */
async function functionsOf(program: ConfigTree['program']): Promise<FunctionHost> {
  if (program === undefined) return new FunctionHost([], []);
  const { useParts } = await import('#src/functions/shared-parts.ts');
  const { loadFunctions } = await import('#src/config/typed/program.ts');
  useParts(data.partMemory, data.thread + 1);
  return new FunctionHost(program.functions, await loadFunctions(program));
}

const { explain, functions, model } = await buildCheaply(data.partCount, open);
const api = new ThreadApi((id, question) => tell({ type: 'api-ask', id, question }));
const transport = await provenTransport(transportTier());
const server = new Server({
  model,
  thread: data.thread,
  shared: new SharedState(data.shared, data.sizes, data.thread),
  transport,
  errorLog,
  clock,
  functions,
  ...(explain === undefined ? {} : { explain }),
  askApi: api.ask,
  connectionCap: data.connectionCap,
  onPressure: (isFull) => tell({ type: 'pressure', state: isFull ? 'full' : 'room' }),
  onAcceptsBehind: (key) => tell({ type: 'accepts-behind', key }),
});

// Before the first message: until then it is a thread that is still starting.
const timeoutMs = warmUpMs();
if (timeoutMs > 0) {
  const isLogged = model.logFiles.length > 0;
  const limits = { maxExchanges: WARM_UP_EXCHANGES, timeoutMs };
  const { exchanges, error } = await warmUp({ transport, clock, isLogged, ...limits });
  errorLog.debug(
    `warm-up: ${exchanges} exchanges${error === undefined ? '' : `, ${error.message}`}`,
  );
}

port.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'listen':
      return listen(message.key, message.descriptor);
    case 'listen-more':
      return listenMore(message.key, message.descriptor);
    case 'drain':
      server.drain(() => tell({ type: 'drained' }));
      return tell({ type: 'stopped-listening' });
    case 'close':
      server.close();
      return tell({ type: 'closed' });
    case 'reopen-logs':
      reopenErrorLogs(errorLog, errorLogFiles);
      return server.reopenLogs();
    case 'roster':
      server.takeOver(message.list);
      return tell({
        type: 'taken-over',
        upstream: message.list.upstream,
        version: message.list.version,
      });
    case 'api-told':
      return api.onReply(message.id, message.answer);
    case 'facts':
      return publishFacts(message.facts);
    case 'crash':
      return crash(message.how);
  }
});
tell({ type: 'built' });
if (data.thread === 0) keepCompiled();

function listen(key: string, descriptor: number): void {
  try {
    server.listen(key, descriptor);
    tell({ type: 'listening', key });
  } catch (error) {
    tell({ type: 'listen-failed', key, reason: (error as Error).message });
  }
}

/** It serves without, so a failure is only logged. */
function listenMore(key: string, descriptor: number): void {
  try {
    if (!server.listenMore(key, descriptor)) closeSync(descriptor);
  } catch (error) {
    errorLog.error(`cannot accept faster on ${key}: ${(error as Error).message}`);
  }
}

function tell(message: FromThread): void {
  port?.postMessage(message);
}

/** WEIR_WARM_UP_MS is for tests and comparisons: with 0 the first clients find cold code. */
function warmUpMs(): number {
  const given = process.env['WEIR_WARM_UP_MS'];
  if (given !== undefined) return Number(given);
  const leftMs = data.servesByMs === 0 ? USUAL_WARM_UP_MS : data.servesByMs - Date.now();
  return Math.min(USUAL_WARM_UP_MS, Math.max(LEAST_WARM_UP_MS, leftMs));
}
