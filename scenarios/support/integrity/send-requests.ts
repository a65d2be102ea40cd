/** How a client sends the requests of a conversation: at once, or part of them when it is time. */
import type { Socket } from 'node:net';
import type { Secrets } from './bytes.ts';
import { byteCountOf, requestBody, requestHead, sendInPieces, slicesOf } from './messages.ts';
import type { Conversation, ExchangePlan } from './plan.ts';

/** A client that asked whether to go on with its body does so after that time. */
const CONTINUE_MS = 1_000;
/** It holds back half of its body for an answer before the end, but no longer. */
const EARLY_MS = 20;

/** Requests on their way. */
export interface Sending {
  /** Bytes of all of them, whether they will be sent or not. */
  readonly byteCount: number;
  /** The client goes away before it has sent all. */
  readonly isShort: boolean;
  /** Part of it waits for `sendRest`, or for its time. */
  isHoldingBack: boolean;
  /** Sends what is held back, if anything is. */
  sendRest(): void;
}

/** Begins to send; calls back when the kernel has all that is to be sent. */
export function sendRequests(
  socket: Socket,
  secrets: Secrets,
  { exchanges, fault }: Conversation,
  onSent: () => void,
): Sending {
  const [first] = exchanges as [ExchangePlan];
  const { writes } = first;
  const now: Buffer[] = [];
  let later: Buffer[] = [];
  for (const plan of exchanges) {
    const body = requestBody(plan, secrets);
    const total = byteCountOf(body);
    const nowBytes = Math.floor(total * sentAtOnce(plan));
    now.push(requestHead(plan, secrets), ...slicesOf(body, 0, nowBytes));
    later = slicesOf(body, nowBytes, total);
  }
  const count = byteCountOf(now);
  const byteCount = count + byteCountOf(later);
  const limit = fault.kind === 'client-request' ? fault.at : Number.POSITIVE_INFINITY;
  const isShort = limit < byteCount;
  if (later.length === 0 || limit <= count) {
    sendInPieces(socket, now, limit, writes, onSent);
    return { byteCount, isShort, isHoldingBack: false, sendRest: () => undefined };
  }
  // What comes later leaves when it is asked for, and when all before it has left.
  let isNowOut = false;
  const sendLater = (): void => {
    if (isNowOut && !sending.isHoldingBack) {
      sendInPieces(socket, later, limit - count, writes, onSent);
    }
  };
  const sendRest = (): void => {
    clearTimeout(guard);
    if (!sending.isHoldingBack) return;
    sending.isHoldingBack = false;
    sendLater();
  };
  const sending: Sending = { byteCount, isShort, isHoldingBack: true, sendRest };
  const guardMs = first.expectsContinue ? CONTINUE_MS : EARLY_MS;
  const guard = first.requestKind === 'upgrade' ? undefined : setTimeout(sendRest, guardMs);
  sendInPieces(socket, now, limit, writes, () => {
    isNowOut = true;
    sendLater();
  });
  return sending;
}

/** Share of what follows its head that is sent without waiting for anything. */
function sentAtOnce({ fault, requestKind, expectsContinue, writes }: ExchangePlan): number {
  // Every other tunnel is talked into before the edge has opened it.
  if (expectsContinue || (requestKind === 'upgrade' && writes % 2 === 0)) return 0;
  return fault.kind === 'origin-early' ? 0.5 : 1;
}
