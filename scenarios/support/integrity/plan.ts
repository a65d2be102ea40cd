/**
 * What an exchange is to be: who asks, with which body, what is answered, and what goes wrong. The
 * plan travels in the target, so that the origin knows it from the request alone.
 */
import type { User } from './bytes.ts';

/** How the request's body is framed. `upgrade`: no body, but a tunnel behind a 101. */
export type RequestKind = 'none' | 'length' | 'chunked' | 'trailers' | 'upgrade';

/** How the origin answers. */
export type AnswerKind =
  | 'length'
  | 'chunked'
  | 'trailers'
  | 'close' //         1.1, the body ends with the connection
  | 'close-1.0' //     the same in HTTP/1.0
  | 'length-1.0'
  | 'hints' //         103 and 102 in front of an answer by length
  | '204'
  | '304'
  | 'upgrade'; //      101, then a tunnel

/** What goes wrong. The first word is whose doing it is. */
export type FaultKind =
  | 'none'
  | 'client-request' //  the client goes away after so many bytes of what it sends
  | 'client-response' // … after so many bytes of what it gets
  | 'client-slow' //     it reads in small sips, with pauses
  | 'origin-request' //  the origin goes away after so many bytes of what it gets
  | 'origin-response' // … after so many bytes of what it sends
  | 'origin-surplus' //  it sends bytes nobody asked for behind its answer
  | 'origin-early'; //   it answers after so many bytes of the request's body

/** A fault, and where. */
export interface Fault {
  readonly kind: FaultKind;
  /** Of an end: by FIN or by RST. */
  readonly how: 'fin' | 'rst';
  /** Byte offset: so many have passed when it strikes. */
  readonly at: number;
  /** Only the first time that the origin sees the id; a retry is then served. */
  readonly isOnce: boolean;
}

/** One request and the answer it asks for. */
export interface ExchangePlan {
  /** Unique in a run: `a1234.0`, user, number of the conversation, place in it. */
  readonly id: string;
  readonly user: User;
  readonly method: string;
  /** 0 or 1: HTTP/1.x of the client. */
  readonly minorVersion: number;
  /** First segment of the path: which location of the configuration. */
  readonly location: string;
  readonly requestKind: RequestKind;
  readonly requestBytes: number;
  /** The client waits for a 100 before it sends its body. */
  readonly expectsContinue: boolean;
  readonly answerKind: AnswerKind;
  readonly answerBytes: number;
  /** In how many writes client and origin send what they send. */
  readonly writes: number;
  readonly fault: Fault;
  /** The client never sends all of it: nobody may take it for whole. */
  readonly isCut: boolean;
}

/** What one client connection does at a time: requests sent at once, answers in their order. */
export interface Conversation {
  /** Its number in the run: with the seed it says everything about it. */
  readonly number: number;
  readonly user: User;
  readonly exchanges: readonly ExchangePlan[];
  /** What the client itself does wrong; `at` counts over all of its requests or answers. */
  readonly fault: Fault;
  /** On a connection of its own. */
  readonly isFresh: boolean;
  /** Milliseconds between the last byte and the going away. */
  readonly pauseMs: number;
}

export const NO_FAULT: Fault = { kind: 'none', how: 'fin', at: 0, isOnce: false };

/** Whether it may be sent again, as nginx sees it (RFC 9110 §9.2.2; not POST and PATCH). */
export function isIdempotent(method: string): boolean {
  return method !== 'POST' && method !== 'PATCH';
}

/** Whether bytes of a body follow the answer's head. */
export function answerHasBody({ method, answerKind, answerBytes }: ExchangePlan): boolean {
  if (method === 'HEAD' || answerKind === '204' || answerKind === '304') return false;
  return answerBytes > 0;
}

/** Whether the end of the connection is the end of the answer's body. */
export function endsWithClose({ method, answerKind }: ExchangePlan): boolean {
  return method !== 'HEAD' && (answerKind === 'close' || answerKind === 'close-1.0');
}

/** The target that carries a plan. */
export function targetOf(plan: ExchangePlan): string {
  const { kind, how, at, isOnce } = plan.fault;
  const words = [
    plan.method,
    plan.minorVersion,
    plan.requestKind,
    plan.requestBytes,
    plan.expectsContinue ? 1 : 0,
    plan.answerKind,
    plan.answerBytes,
    plan.writes,
    kind,
    how,
    at,
    isOnce ? 1 : 0,
    plan.isCut ? 1 : 0,
  ];
  return `/${plan.location}/${plan.user}/${plan.id}?${words.join(',')}`;
}

/** The plan in a target; undefined when it is none of ours. */
export function planOf(target: string): ExchangePlan | undefined {
  const [path = '', query = ''] = target.split('?');
  const [, location = '', user = '', id = ''] = path.split('/');
  const words = query.split(',');
  if (words.length !== 13 || (user !== 'a' && user !== 'b')) return undefined;
  const word = (index: number): string => words[index] as string;
  return {
    id,
    user,
    location,
    method: word(0),
    minorVersion: Number(word(1)),
    requestKind: word(2) as RequestKind,
    requestBytes: Number(word(3)),
    expectsContinue: word(4) === '1',
    answerKind: word(5) as AnswerKind,
    answerBytes: Number(word(6)),
    writes: Number(word(7)),
    fault: {
      kind: word(8) as FaultKind,
      how: word(9) as Fault['how'],
      at: Number(word(10)),
      isOnce: word(11) === '1',
    },
    isCut: word(12) === '1',
  };
}
