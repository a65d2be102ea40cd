/** What was expected of a request against what became of it. */

import type { Expected, ExpectedFields, TestExpectation } from './define-test.ts';
import type { AttemptEvent, Explanation, LocationEvent, ServerEvent } from './trace.ts';
import { valueOf } from './wire-text.ts';

/** One thing that is not as expected. */
export interface Mismatch {
  /** `status`, `sentHeaders.Host` … */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** Everything that is not as expected; empty: the test has passed. */
export function compare(expectation: TestExpectation, explanation: Explanation): Mismatch[] {
  const { answer } = explanation;
  const attempt = lastAttempt(explanation);
  const comparison = new Comparison();
  const { location, server, status } = expectation;
  if (server !== undefined) comparison.server(server, explanation);
  if (location !== undefined) comparison.location(location, explanation);
  comparison.text('upstream', expectation.upstream, attempt?.upstream);
  comparison.text('sentMethod', expectation.sentMethod, attempt?.method);
  comparison.text('sentPath', expectation.sentPath, attempt?.target);
  const sent = attempt?.fields.map(({ name, value }) => [name, value] as const) ?? [];
  comparison.fields('sentHeaders', expectation.sentHeaders, sent);
  comparison.text('sentBody', expectation.sentBody, utf8(attempt?.body));
  if (status !== undefined) {
    comparison.text(
      'status',
      status === null ? null : String(status),
      answer && String(answer.status),
    );
  }
  comparison.text('redirect', expectation.redirect, valueOf(answer?.fields ?? [], 'location'));
  comparison.fields('headers', expectation.headers, answer?.fields ?? []);
  comparison.text('body', expectation.body, utf8(answer?.body));
  return comparison.mismatches;
}

class Comparison {
  readonly mismatches: Mismatch[] = [];

  text(what: string, expected: Expected | undefined, got: string | undefined): void {
    if (expected === undefined) return;
    const isMet =
      expected === null
        ? got === undefined
        : got !== undefined &&
          (typeof expected === 'string' ? got === expected : expected.test(got));
    if (!isMet) this.#add(what, shown(expected), shown(got ?? null));
  }

  fields(
    what: string,
    expected: ExpectedFields | undefined,
    got: readonly (readonly [name: string, value: string])[],
  ): void {
    for (const [name, value] of Object.entries(expected ?? {})) {
      const values = got.filter(([other]) => other.toLowerCase() === name.toLowerCase());
      const joined = values.map(([, one]) => utf8(one)).join(', ');
      this.text(`${what}.${name}`, value, values.length === 0 ? undefined : joined);
    }
  }

  server(expected: string, { events }: Explanation): void {
    const found = events.find((event): event is ServerEvent => event.kind === 'server');
    if (found?.names.includes(expected.toLowerCase()) === true) return;
    this.#add('server', shown(expected), shown(found === undefined ? null : found.names.join(' ')));
  }

  /** Of an `if` the location around it. */
  location(expected: string | null, { events, location }: Explanation): void {
    const found = events.findLast((event): event is LocationEvent => event.kind === 'location');
    const text = location?.text.startsWith('if ') === true ? found?.chosen.text : location?.text;
    const got =
      text?.startsWith('location ') === true ? spaced(text.slice('location '.length)) : null;
    const wanted = expected === null ? null : spaced(expected);
    if (got !== wanted) this.#add('location', shown(wanted), shown(got));
  }

  #add(what: string, expected: string, got: string): void {
    this.mismatches.push({ what, expected, got });
  }
}

/** nginx lets the modifier touch the path: `=/x` is `= /x`. */
function spaced(location: string): string {
  return location.replace(/^(=|~\*|~|\^~) */, '$1 ');
}

/** The last request that an endpoint was sent. */
function lastAttempt({ events }: Explanation): AttemptEvent | undefined {
  return events.findLast((event): event is AttemptEvent => event.kind === 'attempt');
}

function utf8(bytes: string): string;
function utf8(bytes: string | undefined): string | undefined;
function utf8(bytes: string | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes, 'latin1').toString();
}

function shown(value: Expected): string {
  if (value === null) return 'none';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
