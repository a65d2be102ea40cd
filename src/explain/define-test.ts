/**
 * `import { test } from 'weir/test'`: what a test file says. Nothing runs when a file is read: `weir
 * test` gathers the tests, asks its own server about each, and compares.
 */

import { getCallSites } from 'node:util';

/** A text, something it matches, or null: there is none. */
export type Expected = string | RegExp | null;

/** Names of fields (case ignored) → values; null: the field is not there. */
export type ExpectedFields = Readonly<Record<string, Expected>>;

/** What a client sends: a URL under the name of its method, or `method` and `url`. */
export type TestRequest = {
  /** Fields of the request; `Host` takes the place of the URL's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Address of the client; `203.0.113.7` when not given. */
  readonly from?: string;
  readonly body?: string;
  /** Which `listen`: a port, `address:port`, `unix:/path`; by the URL when not given. */
  readonly listen?: string;
  /** What endpoints answer: 200 when not given; `refused`: they take no connection. */
  readonly answer?: 'refused' | TestAnswer;
} & (
  | { readonly get: string }
  | { readonly head: string }
  | { readonly post: string }
  | { readonly put: string }
  | { readonly patch: string }
  | { readonly delete: string }
  | { readonly method: string; readonly url: string }
);

/** What an endpoint is to answer. */
export interface TestAnswer {
  /** 200 when not given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What is to become of it; what is not named is not looked at. */
export interface TestExpectation {
  /** One of the names of the virtual server, as written. */
  readonly server?: string;
  /** As written behind `location`: `/cart`, `= /`, `~ \.php$`, `@name`; null: none. */
  readonly location?: string | null;
  /** Name of the `upstream`, or the address in `proxy_pass`; null: none is asked. */
  readonly upstream?: Expected;
  /** What the endpoint is sent: method, path with query, fields, body. */
  readonly sentMethod?: Expected;
  readonly sentPath?: Expected;
  readonly sentHeaders?: ExpectedFields;
  readonly sentBody?: Expected;
  /** What the client gets. Null: the connection is closed without an answer (`return 444`). */
  readonly status?: number | null;
  /** The `Location` field. */
  readonly redirect?: Expected;
  readonly headers?: ExpectedFields;
  readonly body?: Expected;
}

/** A test as it was written. */
export interface DefinedTest {
  readonly title: string;
  readonly request: TestRequest;
  readonly expectation: TestExpectation;
  readonly file: string;
  readonly line: number;
}

const defined: DefinedTest[] = [];

/** One test: what is asked, and what is to become of it. */
export function test(title: string, request: TestRequest, expectation: TestExpectation): void {
  const [, caller] = getCallSites(2, { sourceMap: false });
  const file = caller?.scriptName ?? '';
  defined.push({ title, request, expectation, file, line: caller?.lineNumber ?? 0 });
}

/** The tests of this process so far. */
export function definedTests(): readonly DefinedTest[] {
  return defined;
}
