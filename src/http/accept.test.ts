import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prefersJson } from './accept.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

test('who gets JSON', () => {
  for (const accept of [
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json, text/plain, */*',
    'application/*',
    'text/html;q=0.4, application/json;q=0.5',
    'text/html;q=0, */*',
    'application/json;q=0.001',
    'application/json;q=0.9, text/*;q=0.8',
    'text/html;q=0.2,application/json;x="a,b;q=0";q=0.3',
    'text/html;level=1;q=0.1, application/json',
    ' , application/json ,',
  ]) {
    assert.equal(prefersJson(accept), true, accept);
  }
});

test('who gets HTML', () => {
  for (const accept of [
    undefined,
    '',
    '*/*',
    BROWSER,
    'text/html, application/json',
    'application/json, text/html',
    'application/json;q=0.5, text/html;q=0.6',
    'application/json;q=0',
    'application/json;q=0, */*;q=0.1',
    'application/*;q=0.5, text/html;q=0.5',
    'text/*, application/*',
    'application/jsonp, application/problem+json',
    'application/json;q=0.5, */*',
    'json',
    '"application/json"',
    `application/json${' '.repeat(2_000)}`,
  ]) {
    assert.equal(prefersJson(accept), false, `${accept}`);
  }
});
