/** A test as it was written, by whatever means → one that can be run, or what is wrong with it. */

import { didYouMean } from '#src/schema/suggestion.ts';
import type { AskedRequest } from './asked-request.ts';
import type { DefinedTest, TestExpectation, TestRequest } from './define-test.ts';
import type { PretendedAnswer } from './pretended-endpoint.ts';

/** A test that can be run. */
export interface CheckedTest {
  readonly title: string;
  readonly file: string;
  readonly line: number;
  readonly asked: AskedRequest;
  readonly answer: PretendedAnswer;
  readonly expectation: TestExpectation;
}

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;
const REQUEST_KEYS: readonly string[] = [
  ...METHODS,
  ...['method', 'url', 'headers', 'from', 'body', 'listen', 'answer'],
];
const EXPECTATION_KEYS: readonly string[] = [
  ...['server', 'location', 'upstream', 'sentMethod', 'sentPath', 'sentHeaders', 'sentBody'],
  ...['status', 'redirect', 'headers', 'body'],
];
const ANSWER_KEYS: readonly string[] = ['status', 'headers', 'body'];

/** A string says what is wrong: types are the editor's business, and a file may have none. */
export function checkTest(test: DefinedTest): CheckedTest | string {
  const { expectation, file, line, request, title } = test;
  if (typeof title !== 'string') return 'the first argument of test() is its title';
  const unknown =
    unknownKey('request', request, REQUEST_KEYS) ??
    unknownKey('expectation', expectation, EXPECTATION_KEYS);
  if (unknown !== undefined) return unknown;
  if (Object.keys(expectation).length === 0) return 'nothing is expected: the test cannot fail';
  const answer = answerOf(request.answer);
  if (typeof answer === 'string' && answer !== 'refused') return answer;
  const asked = askedOf(request);
  return typeof asked === 'string' ? asked : { title, file, line, asked, answer, expectation };
}

function unknownKey(what: string, given: unknown, known: readonly string[]): string | undefined {
  if (typeof given !== 'object' || given === null) return `the ${what} is no object`;
  const key = Object.keys(given).find((name) => !known.includes(name));
  if (key === undefined) return undefined;
  const advice = didYouMean(key, known) ?? `known are ${known.join(', ')}`;
  return `the ${what} has an unknown "${key}", ${advice}`;
}

function askedOf(request: TestRequest): AskedRequest | string {
  const given = request as Readonly<Record<string, unknown>>;
  const named = METHODS.filter((name) => given[name] !== undefined);
  const [name, second] = named;
  if (second !== undefined) return `the request has "${name}" and "${second}"`;
  const url = name === undefined ? given['url'] : given[name];
  const method = name === undefined ? given['method'] : name.toUpperCase();
  if (typeof url !== 'string') return "the request has no URL: { get: 'http://host/path' }";
  if (typeof method !== 'string') return 'the request has no method';
  const { body, from, headers, listen } = request;
  return { url, method, fields: Object.entries(headers ?? {}), body, from, listen };
}

function answerOf(given: TestRequest['answer']): PretendedAnswer | string {
  if (given === 'refused') return given;
  const { body = '', headers = {}, status = 200 } = given ?? {};
  const unknown = given && unknownKey('answer', given, ANSWER_KEYS);
  if (unknown !== undefined) return unknown;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    return `the answer has status ${status}: 200 to 599 are final ones`;
  }
  return { status, fields: Object.entries(headers), body };
}
