import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeArgument, unescapeRedirect } from './redirect-text.ts';

const REDIRECTS: readonly (readonly [text: string, expected: string])[] = [
  ['/a', '/a'],
  ['/%41%7e', '/A~'],
  ['/%2f%2B', '//+'],
  ['/%20%25%0d%7f%C3%a9', '/%20%25%0d%7f%C3%a9'], // what a URL must escape stays
  ['/%41?%41', '/A?%41'],
  ['/%3f%41', '/?%41'], // an escaped "?" begins a query, too
  ['/%zz%41', '/zzA'],
  ['/%4z%41', '/A'],
  ['/%%41', '/%41'],
  ['/%', '/'],
  ['/%4', '/'],
  ['/%?%41', '/?A'],
];

for (const [text, expected] of REDIRECTS) {
  test(`a redirect to ${text} is one to ${expected}`, () => {
    assert.equal(unescapeRedirect(text), expected);
  });
}

test('what means something in a query is escaped', () => {
  assert.equal(
    escapeArgument('a b&c=d+e?f#g;h%i/\xe9\0'),
    'a%20b%26c=d%2Be%3Ff%23g%3Bh%25i/%E9%00',
  );
});
