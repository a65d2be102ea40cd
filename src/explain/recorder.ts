/**
 * Writes down what happens to one request. It is told by a model whose parts report when they are
 * used (observed-model.ts) and by a router that reports what it finds (observing-router.ts): the
 * code that runs is the code that serves, and that one knows nothing of this.
 */

import type { Exchange } from '#src/exchange/exchange.ts';
import { queryOf } from '#src/exchange/uri.ts';
import type { Location, VirtualServer } from '#src/routing/model.ts';
import type { Step } from '#src/routing/rewrite-steps.ts';
import type { RoutedServer } from '#src/routing/router.ts';
import { type Place, placeOf } from '#src/schema/problem.ts';
import { type DirectiveIndex, keyOf } from './directive-index.ts';
import {
  type LocationSearch,
  type LocationVerdict,
  reasonFor,
  reasonsAgainst,
  utf8,
} from './location-verdicts.ts';
import { type ServerVerdict, serverVerdicts } from './server-verdicts.ts';
import type { StepEvent, TraceEvent, VariableEvent, Verdict, Written } from './trace.ts';

/** One level of steps that is being run. */
interface Level {
  readonly steps: readonly Step[];
  readonly depth: number;
  /** Steps begun so far. */
  begun: number;
}

/** Locations that are not like the path: so many are named. */
const MAX_UNLIKE = 20;

/** Whoever writes down what happens to which exchange. */
export interface Recorders {
  /** The one of that exchange; it is `current` from now on. */
  of(exchange: Exchange): Recorder;
  /** Of the exchange that was named last: what is synchronous behind that is its doing. */
  readonly current: Recorder;
}

export class Recorder implements Recorders {
  events: TraceEvent[] = [];
  /** The places (`keyOf`) that were come to, over all requests: for coverage. */
  readonly touched = new Set<string>();
  readonly #index: DirectiveIndex;
  #exchange: Exchange | undefined = undefined;
  #routed: RoutedServer | undefined = undefined;
  #tried = new Map<Location, boolean>();
  #levels: Level[] = [];
  /** The step that was begun last: what came of it is seen when the next thing happens. */
  #open: { readonly event: StepEvent; readonly settle: (exchange: Exchange) => void } | undefined;

  constructor(index: DirectiveIndex) {
    this.#index = index;
  }

  /** Recorders: one for all, where one exchange comes after the other. */
  of(_exchange: Exchange): this {
    return this;
  }

  get current(): this {
    return this;
  }

  /** What stands there has had an effect. */
  touch(place: Place): void {
    this.touched.add(keyOf(place));
  }

  /** What was written down is of a request before. */
  forget(): void {
    this.events = [];
    this.#exchange = undefined;
    this.#tried = new Map();
    this.#levels = [];
    this.#open = undefined;
  }

  /** The one in progress, once a server was found for it. */
  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  /** It has been answered, or given up. The exchange is somebody else's afterwards: not even read. */
  end(): void {
    this.#settle();
    this.#endLevels();
    this.#exchange = undefined;
  }

  written(place: Place): Written {
    return { text: this.#index.textAt(place), place };
  }

  /** The first that is told of an exchange. `servers`: all of the configuration. */
  onServer(
    exchange: Exchange,
    servers: readonly VirtualServer[],
    listenKey: string,
    routed: RoutedServer,
  ): void {
    const { name, server } = routed;
    const { host } = exchange.request;
    this.#exchange = exchange;
    this.#routed = routed;
    const verdicts = serverVerdicts(servers, listenKey, host, server);
    const told = (one: ServerVerdict) => this.#verdict(one.server.place, one.because);
    this.touched.add(keyOf(server.place));
    this.events.push({
      kind: 'server',
      name,
      names: server.names.map((own) => own.name),
      chosen: told(verdicts.chosen),
      others: verdicts.others.map(told),
      unlike: verdicts.unlike.map(told),
      unlikeCount: verdicts.unlikeCount,
    });
  }

  /** A regular expression of a location was tried. */
  onPatternTried(location: Location, isMatch: boolean): void {
    this.#tried.set(location, isMatch);
  }

  onLocation(
    exchange: Exchange,
    { server }: RoutedServer,
    path: string,
    chosen: Location,
    lacksSlash: boolean,
  ): void {
    this.#settle();
    this.#endLevels();
    const { locations } = server;
    const search: LocationSearch = { locations, path, chosen, tried: this.#tried };
    this.#tried = new Map();
    const others = reasonsAgainst(search);
    const unlike = others.filter(({ isNear }) => !isNear);
    const told = ({ because, location }: LocationVerdict) => this.#verdict(location.place, because);
    this.events.push({
      kind: 'location',
      path: utf8(path),
      chosen: this.#verdict(chosen.place, `${reasonFor(search)}${ofInternal(chosen, exchange)}`),
      others: others.filter(({ isNear }) => isNear).map(told),
      unlike: unlike.slice(0, MAX_UNLIKE).map(told),
      unlikeCount: unlike.length,
      lacksSlash,
    });
    this.touchLocation(chosen);
    const isRefused = chosen.isInternal && !exchange.isInternal;
    if (!isRefused && !lacksSlash) this.#addReturn(chosen);
  }

  /** A lone `return` is no step: it is what the location is. */
  #addReturn(location: Location): void {
    if (location.handler.kind !== 'return') return;
    const [node] = this.#index.ownIn(location.place, 'return');
    if (node === undefined) return;
    this.touched.add(keyOf(node));
    this.#addStep(placeOf(node), 0, 'taken');
  }

  touchLocation(location: Location): void {
    this.touched.add(keyOf(location.place));
  }

  /** A level begins with its first step; `take` tells what it has come to. */
  onStep(steps: readonly Step[], step: Step, depth: number): void {
    this.#settle();
    const level = this.#levels.find((one) => one.steps === steps);
    if (level === undefined) this.#levels.push({ steps, depth, begun: 1 });
    else level.begun = steps.indexOf(step) + 1;
    const event = this.#addStep(step.place, depth, 'taken');
    this.#open = { event, settle: (exchange) => settleStep(step, event, exchange) };
  }

  /** What the step at hand asks for was found, or not: a condition, a regular expression. */
  onAsked(isMet: boolean): void {
    if (this.#open !== undefined && !isMet) this.#open.event.outcome = 'passed';
  }

  onVariable(name: string, value: string | undefined): void {
    if (this.#exchange === undefined) return;
    const isKnown = this.events.some((event) => {
      return event.kind === 'variable' && event.name === name && event.value === value;
    });
    if (isKnown) return;
    const event: VariableEvent = {
      kind: 'variable',
      name,
      value,
      definedAt: this.#definitionOf(name),
    };
    this.events.push(event);
  }

  onPage(location: Location, place: Place, target: string): void {
    this.#settle();
    this.#endLevels();
    this.touchLocation(location);
    this.touched.add(keyOf(place));
    this.events.push({ ...this.written(place), kind: 'page', target });
    const named = this.#routed?.named.get(target);
    if (named === undefined) return;
    this.touchLocation(named);
    this.#addReturn(named);
  }

  /** Anything else that happened. */
  add(event: TraceEvent): void {
    this.#settle();
    this.events.push(event);
  }

  #verdict(place: Place, because: string): Verdict {
    return { ...this.written(place), because };
  }

  #settle(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || this.#exchange === undefined) return;
    open.settle(this.#exchange);
    if (open.event.outcome === 'taken') this.touched.add(keyOf(open.event.place));
  }

  /** Steps behind one that has ended its level were not come to. */
  #endLevels(): void {
    for (const { begun, depth, steps } of this.#levels) {
      for (const { place } of steps.slice(begun)) this.#addStep(place, depth, 'unreached');
    }
    this.#levels = [];
  }

  #addStep(place: Place, depth: number, outcome: StepEvent['outcome']): StepEvent {
    const event: StepEvent = { ...this.written(place), kind: 'step', depth, outcome, result: '' };
    this.events.push(event);
    return event;
  }

  #definitionOf(name: string): Place | undefined {
    for (const [directive, at] of TABLES) {
      const node = this.#index.named(directive).findLast(({ words }) => {
        return words.at(at)?.text.toLowerCase() === `$${name}`;
      });
      if (node !== undefined) return placeOf(node);
    }
    return undefined;
  }
}

function ofInternal(location: Location, exchange: Exchange): string {
  if (!location.isInternal) return '';
  const isOpen = exchange.isInternal;
  return isOpen ? '; "internal", and no client asks' : '; "internal": clients get 404';
}

/** Blocks that define a variable, and which of their words it is. */
const TABLES = [
  ['map', 1],
  ['geo', -1],
  ['split_clients', 1],
] as const;

/** What a step has come to, seen in what the request is now. */
function settleStep(step: Step, event: StepEvent, exchange: Exchange): void {
  if (event.outcome !== 'taken') return;
  const { request, variables } = exchange;
  const query = queryOf(exchange);
  const uri = utf8(`${request.path}${query === '' ? '' : `?${query}`}`);
  switch (step.kind) {
    case 'rewrite':
      if (step.status === 0) event.result = `the URI is now ${uri}`;
      break;
    case 'set':
      event.result = `"${variables.get(step.slot) ?? ''}"`;
      break;
    case 'set-args':
      event.result = `the URI is now ${uri}`;
      break;
    default:
      break;
  }
}
