/**
 * The systematic part: each kind of message once per byte offset, with an end by either side there,
 * by FIN and by RST.
 */
import type { Secrets, User } from './bytes.ts';
import { idOf, markCut } from './draw.ts';
import type { IntegrityClient } from './integrity-client.ts';
import {
  type AnswerKind,
  type Conversation,
  type ExchangePlan,
  endsWithClose,
  type Fault,
  type FaultKind,
  NO_FAULT,
  type RequestKind,
} from './plan.ts';

/** A small message pair. */
interface Sample {
  readonly name: string;
  readonly method: string;
  readonly minorVersion?: number;
  readonly requestKind: RequestKind;
  readonly answerKind: AnswerKind;
  /** Requests sent at once. */
  readonly count?: number;
  readonly expectsContinue?: boolean;
}

/** What is cut, and how it is asked for. */
export interface OffsetOptions {
  readonly locations: readonly string[];
  /** Kinds that are left out. */
  readonly without: ReadonlySet<string>;
  /** Bytes of each body. */
  readonly bodyBytes: number;
  /** 1: every offset; n: every nth, beginning at `first`. */
  readonly step: number;
  readonly first: number;
  readonly concurrency: number;
  /** Numbers of conversations begin here. */
  readonly numberFrom: number;
  /** Asked before each conversation: it is of no use to go on. */
  readonly isEnough: () => boolean;
}

const SAMPLES: readonly Sample[] = [
  { name: 'by length', method: 'POST', requestKind: 'length', answerKind: 'length' },
  { name: 'in chunks', method: 'PUT', requestKind: 'chunked', answerKind: 'chunked' },
  { name: 'with trailers', method: 'POST', requestKind: 'trailers', answerKind: 'trailers' },
  { name: 'no body, 1xx', method: 'GET', requestKind: 'none', answerKind: 'hints' },
  { name: 'until the close', method: 'GET', requestKind: 'none', answerKind: 'close' },
  { name: 'HEAD', method: 'HEAD', requestKind: 'none', answerKind: 'chunked' },
  { name: '304', method: 'GET', requestKind: 'none', answerKind: '304' },
  { name: '204', method: 'DELETE', requestKind: 'none', answerKind: '204' },
  { name: '1.0', method: 'POST', minorVersion: 0, requestKind: 'length', answerKind: 'close-1.0' },
  {
    name: 'chunks to 1.0',
    method: 'GET',
    minorVersion: 0,
    requestKind: 'none',
    answerKind: 'chunked',
  },
  { name: 'pipelined', method: 'POST', requestKind: 'length', answerKind: 'chunked', count: 3 },
  {
    name: '100-continue',
    method: 'POST',
    requestKind: 'length',
    answerKind: 'length',
    expectsContinue: true,
  },
  { name: 'upgraded', method: 'GET', requestKind: 'upgrade', answerKind: 'upgrade' },
];

const CUTS: readonly FaultKind[] = [
  'client-request',
  'client-response',
  'origin-request',
  'origin-response',
  'origin-early',
];

/** What was cut: offsets by sample and cut. */
export type OffsetReport = Readonly<Record<string, number>>;

/** Carries all of it out; offences are in the client's and the origin's tallies. */
export async function cutEverywhere(
  client: IntegrityClient,
  secrets: Secrets,
  options: OffsetOptions,
): Promise<OffsetReport> {
  const report: Record<string, number> = {};
  let number = options.numberFrom;
  for (const location of options.locations) {
    for (const sample of SAMPLES) {
      if (options.without.has(sample.requestKind) || options.without.has(sample.answerKind))
        continue;
      if (options.isEnough()) return report;
      const whole = compose(sample, location, number++, options, NO_FAULT, secrets);
      const measured = await client.converse(whole);
      const lengths = {
        'client-request': measured.sentBytes,
        'client-response': measured.receivedBytes,
        'origin-request': measured.requestBytesAtOrigin + 2, // the offset has more digits than none
        'origin-response': measured.receivedBytes + 40, // the edge leaves out what is its own affair
        'origin-early':
          sample.requestKind === 'length' && !sample.count ? options.bodyBytes / 2 : 0,
      } as Record<FaultKind, number>;
      for (const kind of CUTS) {
        const faults = faultsOf(kind, whole, lengths[kind] / perMessage(kind, whole), options);
        const name = `${sample.name}, ${kind}`;
        if (faults.length > 0) report[name] = (report[name] ?? 0) + faults.length;
        const next = (): Conversation | undefined => {
          const fault = options.isEnough() ? undefined : faults.pop();
          return fault && compose(sample, location, number++, options, fault, secrets);
        };
        await client.converseAll(next, options.concurrency);
      }
    }
  }
  return report;
}

/** The origin cuts one of the pipelined, the client counts over all. */
function perMessage(kind: FaultKind, { exchanges }: Conversation): number {
  return kind === 'origin-response' ? exchanges.length : 1;
}

function faultsOf(
  kind: FaultKind,
  { exchanges }: Conversation,
  length: number,
  { step, first }: OffsetOptions,
): Fault[] {
  const [plan] = exchanges as [ExchangePlan];
  const faults: Fault[] = [];
  const isTunnel = plan.requestKind === 'upgrade';
  const isOnlyOne =
    isTunnel || kind === 'origin-early' || (kind === 'origin-response' && endsWithClose(plan));
  for (let at = first; at < length; at += step) {
    faults.push({ kind, how: 'rst', at, isOnce: false });
    if (!isOnlyOne) faults.push({ kind, how: 'fin', at, isOnce: false });
  }
  return faults;
}

function compose(
  sample: Sample,
  location: string,
  number: number,
  { bodyBytes }: OffsetOptions,
  fault: Fault,
  secrets: Secrets,
): Conversation {
  const { method, minorVersion = 1, requestKind, answerKind, count = 1 } = sample;
  const user: User = number % 2 === 0 ? 'a' : 'b';
  const isClients = fault.kind.startsWith('client-');
  const plans = Array.from({ length: count }, (_, index): ExchangePlan => {
    const isStruck = !isClients && index === Math.floor(count / 2);
    return {
      id: idOf(user, number, index),
      user,
      method,
      minorVersion,
      location,
      requestKind,
      requestBytes: requestKind === 'none' ? 0 : bodyBytes,
      expectsContinue: sample.expectsContinue ?? false,
      answerKind,
      answerBytes: bodyBytes,
      writes: 1,
      fault: isStruck ? fault : NO_FAULT,
      isCut: false,
    };
  });
  return {
    number,
    user,
    exchanges: fault.kind === 'client-request' ? markCut(plans, fault.at, secrets) : plans,
    fault: isClients ? fault : NO_FAULT,
    isFresh: false,
    pauseMs: number % 3,
  };
}
