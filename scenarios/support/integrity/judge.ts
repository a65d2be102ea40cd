/** What an answer must be like, by its plan. */
import type { BodyCheck, Secrets } from './bytes.ts';
import { downPiece } from './messages.ts';
import type { Conversation, ExchangePlan } from './plan.ts';

/** What an answer of the origin is expected to have; others have 200. */
const STATUS_OF: Partial<Record<ExchangePlan['answerKind'], number>> = {
  204: 204,
  304: 304,
  upgrade: 101,
};

const HARMLESS: readonly string[] = ['none', 'client-slow', 'origin-surplus', 'origin-early'];

/** Nobody goes away: there is no reason why it should fail. */
export function mustSucceed({ exchanges, fault }: Conversation): boolean {
  return [fault, ...exchanges.map((plan) => plan.fault)].every(({ kind }) =>
    HARMLESS.includes(kind),
  );
}

/** What in the head of an answer belongs to another exchange, in words. */
export function problemsOfHead(
  plan: ExchangePlan,
  secrets: Secrets,
  status: number,
  fields: ReadonlyMap<string, string>,
): string[] {
  const problems: string[] = [];
  const sum = fields.get('x-sum');
  if (sum !== secrets.sum(downPiece(plan, secrets))) problems.push(`the checksum ${sum}`);
  const expected = STATUS_OF[plan.answerKind] ?? 200;
  if (status !== expected) problems.push(`${status} instead of ${expected}`);
  const length = fields.get('content-length');
  if (plan.method === 'HEAD' && length !== undefined && Number(length) !== plan.answerBytes) {
    problems.push(`Content-Length ${length} of a HEAD, not ${plan.answerBytes}`);
  }
  return problems;
}

/** What is missing of an answer that came as whole, in words; '' when nothing is. */
export function missingIn(plan: ExchangePlan, check: BodyCheck, isCut: boolean): string {
  const { seenBytes, piece, problem, isWhole } = check;
  if (problem === '' && !isWhole) {
    return `the client got ${seenBytes} of ${piece.byteCount} as whole`;
  }
  if (isCut) return 'a cut answer came as whole';
  return plan.isCut ? 'a cut request was answered' : '';
}
