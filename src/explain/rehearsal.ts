/**
 * One request after the other through a server of its own, in this process and without a socket:
 * the client and the endpoints are memory. What runs is what serves, from the bytes of the request
 * to the bytes of the answer; the model and the router it has report to a recorder.
 */

import { type Address, formatAddress } from '#src/base/address.ts';
import { ManualClock } from '#src/base/clock.ts';
import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { ErrorLog } from '#src/base/log.ts';
import { buildModel } from '#src/config/build.ts';
import type { Model } from '#src/config/model.ts';
import type { ConfigTree } from '#src/config/tree.ts';
import type { AccessLogTarget } from '#src/exchange/access-record.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { AnyFunction, FunctionHost } from '#src/functions/function-host.ts';
import { type TriesWatcher, WatchedTries } from '#src/proxy/watched-tries.ts';
import { errorPageDirectives } from '#src/routing/directives.ts';
import type { Location, ProxyHandler } from '#src/routing/model.ts';
import { type Place, type Problem, placeOf } from '#src/schema/problem.ts';
import { Server } from '#src/server/server.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import { slotCountOf } from '#src/upstream/endpoint/upstream-config.ts';
import { type AskedRequest, type WireRequest, wireRequest } from './asked-request.ts';
import { attemptEvent, type TriedUpstream } from './attempt-event.ts';
import { DirectiveIndex } from './directive-index.ts';
import { faultEvent, ONLY_CERTAINTIES } from './fault-event.ts';
import { chooseListener, type ListenerChoice } from './listener-choice.ts';
import { MemoryConnection, MemoryTransport } from './memory-connection.ts';
import { ObservedFunctions } from './observed-functions.ts';
import { type ChangeLocation, observedServers } from './observed-model.ts';
import { ObservingRouter } from './observing-router.ts';
import { OfflineHosts, OfflineResolver } from './offline-hosts.ts';
import { pickEvent } from './pick-event.ts';
import { type PretendedAnswer, PretendedEndpoints, USUAL_ANSWER } from './pretended-endpoint.ts';
import { Recorder } from './recorder.ts';
import type { ClientAnswer, Explanation, Written } from './trace.ts';
import { readMessage, type WireMessage } from './wire-text.ts';

/** What a rehearsal is put together from. */
interface Parts {
  readonly index: DirectiveIndex;
  readonly recorder: Recorder;
  readonly clock: ManualClock;
  readonly hosts: OfflineHosts;
  readonly functions: FunctionHost;
}

/** What the recorder does not see. */
interface Ending {
  readonly location: Location | undefined;
  readonly reason: FailureCode | '';
}

/** An exchange that takes longer waits for something that is not here. */
const PATIENCE_MS = 2_000;
const CLIENT_PORT = 49_152;

/** Nobody waits here: of a `fault` only its abort happens, the rest is told. */
const atOnce: ChangeLocation = ({ proxy }) => {
  if (proxy.faults.length === 0) return {};
  const faults = proxy.faults.map((rule) => {
    return rule === 'off' ? rule : { ...rule, delayMs: 0, bytesPerSec: 0 };
  });
  return { proxy: { ...proxy, faults } };
};

export class Rehearsal {
  readonly model: Model;
  readonly index: DirectiveIndex;
  /** Of the request asked about last; what it has touched is of all. */
  readonly recorder: Recorder;
  /** The model that runs. */
  readonly #observed: Model;
  readonly #clock: ManualClock;
  readonly #functions: FunctionHost;
  readonly #hosts: OfflineHosts;
  readonly #endpoints: PretendedEndpoints;
  readonly #transport: MemoryTransport;
  readonly #log: string[] = [];
  /** By the list of logs that an exchange has while it is in one. */
  readonly #locations = new Map<readonly AccessLogTarget[], Location>();
  #server: Server | undefined = undefined;
  #request: WireRequest | undefined = undefined;
  #ending: Ending | undefined = undefined;

  /**
   * The problems when the configuration cannot run; else a rehearsal. `functions`: of its program;
   * `hosts`: who stands in for name servers.
   */
  static of(
    tree: ConfigTree,
    functions: readonly AnyFunction[] = [],
    hosts = new OfflineHosts(),
  ): Rehearsal | readonly Problem[] {
    const index = new DirectiveIndex(tree.nodes);
    const recorder = new Recorder(index);
    const clock = new ManualClock(Date.now());
    const watch = (name: string, value: string | undefined) => recorder.onVariable(name, value);
    const host = new ObservedFunctions(tree.program?.functions ?? [], functions, recorder);
    const onMapEntry = (place: Place) => recorder.touch(place);
    const { model, problems } = buildModel(tree, clock, undefined, host, watch, onMapEntry);
    return model === undefined
      ? problems
      : new Rehearsal(model, { index, recorder, clock, hosts, functions: host });
  }

  private constructor(model: Model, parts: Parts) {
    const { clock, functions, hosts, index, recorder } = parts;
    this.#functions = functions;
    this.#hosts = hosts;
    this.index = index;
    this.recorder = recorder;
    this.#clock = clock;
    this.model = model;
    this.#observed = { ...model, servers: observedServers(model.servers, index, recorder, atOnce) };
    this.#endpoints = new PretendedEndpoints((...what) => this.#onAttempt(...what));
    this.#transport = new MemoryTransport(this.#endpoints);
  }

  /** @throws UnusableRequest when it is no request, or nothing listens there */
  async ask(asked: AskedRequest, answer: PretendedAnswer = USUAL_ANSWER): Promise<Explanation> {
    const request = wireRequest(asked);
    const choice = chooseListener(this.model.listens, asked, request);
    this.#request = request;
    this.#ending = undefined;
    this.#log.length = 0;
    this.#endpoints.answer = answer;
    this.recorder.forget();
    this.#open();
    const client = clientOf(request, choice);
    client.give(request.bytes);
    this.#transport.accepted(this.model.listens.indexOf(choice.listen), client);
    await this.#run(client);
    this.recorder.end();
    const explanation = this.#explain(request, choice, client);
    // Failures put an endpoint aside for a while; connections to it would be kept.
    const hasFailed = answer === 'refused' || answer.status >= 500 || explanation.failure !== '';
    if (hasFailed || this.#ending === undefined) this.close();
    else {
      client.give('end');
      this.#endpoints.end();
      while (client.turn() || this.#endpoints.turn());
      this.#endpoints.forget();
    }
    return explanation;
  }

  close(): void {
    this.#server?.close();
    this.#server = undefined;
    this.#endpoints.forget();
    this.#locations.clear();
  }

  #open(): void {
    if (this.#server !== undefined) return;
    const { listens, servers, upstreams } = this.#observed;
    const endpointCount = slotCountOf(upstreams);
    const sink = { write: (line: string) => this.#log.push(line.trimEnd()) };
    const server = new Server({
      model: this.#observed,
      thread: 0,
      shared: SharedState.alone(endpointCount, upstreams.length),
      transport: this.#transport,
      clock: this.#clock,
      functions: this.#functions,
      chance: ONLY_CERTAINTIES,
      errorLog: new ErrorLog(sink, 'info', process.pid, 0),
      observer: {
        router: new ObservingRouter(servers, this.recorder),
        logsOf: (location) => this.#logsOf(location),
        makeTries: () => new WatchedTries(this.#triesWatcher()),
        makeResolver: (...what) => new OfflineResolver(this.#hosts, ...what),
        watchFaults: (_, rule, verdict) => {
          const { recorder } = this;
          recorder.add(faultEvent(recorder.written(rule.place), rule, verdict));
        },
      },
    });
    listens.forEach(({ key }, at) => server.listen(key, at));
    this.#server = server;
  }

  /** What the tries come to is seen at the endpoints. */
  #triesWatcher(): TriesWatcher {
    return {
      nowMs: () => this.#clock.nowMs,
      onPick: (_, upstream, account) => this.recorder.add(pickEvent(upstream, account)),
      onTry: () => {},
    };
  }

  /** In place of the access log of a location. */
  #logsOf(location: Location): readonly AccessLogTarget[] {
    const write = ({ reason }: Exchange): void => {
      this.#ending = { location, reason };
      this.recorder.end();
    };
    const logs = [{ write }];
    this.#locations.set(logs, location);
    return logs;
  }

  /** Until the exchange has ended, or nothing can happen any more. */
  async #run(client: MemoryConnection): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    while (!this.#isOver(client) && performance.now() < until) {
      while (client.turn() || this.#transport.turn() || this.#endpoints.turn());
      if (!this.#isOver(client)) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #isOver(client: MemoryConnection): boolean {
    return this.#ending !== undefined || client.isEnded;
  }

  #onAttempt(address: Address, message: WireMessage | undefined): void {
    const logs = this.recorder.exchange?.logs;
    const location = logs && this.#locations.get(logs);
    const asked = this.#request;
    if (location?.handler.kind !== 'proxy' || asked === undefined) return;
    const endpoint = formatAddress(address);
    const upstream = this.#upstreamOf(location, location.handler, endpoint);
    const facts = { upstream, endpoint, message, asked, location };
    this.recorder.add(attemptEvent(facts, this.index));
  }

  /** Of a `proxy_pass` with variables: the one it has named, else one of that endpoint alone. */
  #upstreamOf(location: Location, { upstream }: ProxyHandler, endpoint: string): TriedUpstream {
    const { upstreams } = this.model;
    const name = this.recorder.exchange?.proxyHost ?? '';
    const known =
      upstream === undefined
        ? upstreams.find((one) => one.name.toLowerCase() === name.toLowerCase())
        : upstreams[upstream];
    if (known !== undefined) {
      return { ...known, endpoints: known.endpoints.map((one) => one.name) };
    }
    const [pass = location.place] = this.index.ownIn(location.place, 'proxy_pass');
    return { name, endpoints: [endpoint], place: placeOf(pass) };
  }

  #explain(request: WireRequest, choice: ListenerChoice, client: MemoryConnection): Explanation {
    const { because, listen, others } = choice;
    const { events } = this.recorder;
    const ending = this.#ending;
    const reason = ending?.reason ?? '';
    const last = events.findLast(({ kind }) => kind === 'attempt' || kind === 'page');
    return {
      request: {
        method: request.method,
        target: request.target,
        from: request.from,
        fields: readMessage(request.bytes)?.fields ?? [],
      },
      listener: { ...this.recorder.written(listen.place), because, key: listen.key, others },
      events,
      location: ending?.location && this.recorder.written(ending.location.place),
      errorPages: this.#errorPagesOf(ending?.location),
      answer: answerOf(client.written, request.method),
      failure: reason === '' ? this.#logged(client) : `${reason}: ${FAILURES[reason].means}`,
      isFromEndpoint: reason === '' && last?.kind === 'attempt' && !last.isRefused,
    };
  }

  #errorPagesOf(location: Location | undefined): readonly Written[] {
    if (location === undefined) return [];
    const nodes = this.index.holdingIn(location.place, errorPageDirectives.errorPages);
    return nodes.map((node) => this.recorder.written(placeOf(node)));
  }

  /** What the error log was told, without the time and who we are. */
  #logged({ written }: MemoryConnection): string {
    const lines = this.#log.map((line) => {
      return line.replace(/^.*?\] \d+#\d+: /, '').replace(/, client: .*/, '');
    });
    if (this.#ending === undefined && written === '') lines.push('it has not ended within 2 s');
    return lines.join('; ');
  }
}

function clientOf({ from }: WireRequest, { listen }: ListenerChoice): MemoryConnection {
  const { address } = listen;
  return new MemoryConnection({
    remoteAddress: address.kind === 'unix' ? 'unix:' : from,
    remotePort: address.kind === 'unix' ? 0 : CLIENT_PORT,
    localAddress: address.kind === 'unix' ? 'unix:' : address.host,
    localPort: address.kind === 'unix' ? 0 : address.port,
  });
}

/** The final answer of what was written to a client; undefined when there is none. */
function answerOf(written: string, method: string): ClientAnswer | undefined {
  let rest = written;
  for (;;) {
    const [, status = ''] = /^HTTP\/1\.1 (\d{3})/.exec(rest) ?? [];
    const isInformational = status.startsWith('1') && status !== '101';
    const hasBody = method !== 'HEAD' && !isInformational && status !== '204' && status !== '304';
    const message = readMessage(rest, hasBody);
    if (message === undefined) return undefined;
    if (!isInformational) {
      const { body, fields, startLine } = message;
      const reason = startLine.replace(/^\S+ \S+ ?/, '');
      return { status: Number(status), reason, fields, body };
    }
    rest = rest.slice(message.length);
  }
}
