// Patterns that blow up backtracking engines: each is refused, or answers 8 KB of its worst in few steps.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastSteps } from './matcher.ts';
import { compilePattern, MAX_MATCHER_STEPS } from './pattern.ts';

const LENGTH = 8192;

/** A pattern, and what its worst text repeats, begins and ends with. */
type Evil = readonly [source: string, repeated: string, start?: string, end?: string];

const EVIL: readonly Evil[] = [
  // Exponential: a repetition in a repetition, alternatives that overlap.
  ['^(a+)+$', 'a', '', '!'],
  ['(a+)+b', 'a'],
  ['(a*)*b', 'a'],
  ['(a|a)*b', 'a'],
  ['(a|aa)+$', 'a', '', '!'],
  ['(?:a|a?)+$', 'a', '', '!'],
  ['(.*a){12}', 'a', '', '!'],
  ['(.*)*x', 'a'],
  ['(?:.*)+x', 'a'],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'],
  ['([a-zA-Z]+)*$', 'a', '', '!'],
  ['(?:[a-z]+\\s?)+$', 'a', '', '!'],
  ['^(\\w+\\s?)*$', 'a', '', '!'],
  ['^(?:(?:a+)+)+$', 'a', '', '!'],
  ['((?:x+x+)+)y', 'x'],
  ['(x+x+)+y', 'x'],
  ['(\\d+)*[^\\d]x', '1'],
  ['(?:\\d|\\d\\d)+x', '1'],
  ['(?:ab|a|b)+c', 'ab'],
  ['(?:a|b|ab)*?c', 'ab'],
  ['^(?:/[^/]*/?)+\\.php$', '/a'],
  ['^(?:[^/]+/?)+\\.html$', 'a/'],
  ['^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@)[a-z]+$', 'a'],
  ['^[a-z]+([._-]?[a-z0-9]+)*@', 'a'],
  ['^(([^<>()\\[\\].,;:\\s@"]+(\\.[^<>()]+)*)|(".+"))@x', 'a.'],
  ['(?:%[0-9a-f]{2}|[^%]|%)+$', '%20', '', '\n\n'],
  ['^(?:[^;]+;?)*;x$', 'a;'],
  ['(?:(?:ab)*(?:ab)*)*c', 'ab'],
  ['^(?:a?){30}a{30}$', 'a', '', 'b'],
  ['(?:a{1,20}){1,3}b', 'a'],
  ['(?:(?:a{2,5}){2,5}){1,2}b', 'a'],
  // Polynomial: neighbours that overlap, a repetition that a search begins everywhere.
  ['a*a*b', 'a'],
  ['a*a*a*a*b', 'a'],
  ['^.*.*=.*x', '='],
  ['.*.*=.*', 'x'],
  ['\\s+$', ' ', '', 'x'],
  ['\\s*,\\s*$', ' ', '', 'x'],
  ['[^/]*\\.php$', 'a'],
  ['^(.*)/(.*)/(.*)\\.html$', '/'],
  ['^/(.*)/(.*)/(.*)/(.*)x$', '/'],
  ['^/download/(.*)/media/(.*)\\..*$', '/media/', '/download/', '\n\n'],
  ['(?:bot|crawl|spider).*(?:bot|crawl|spider).*x$', 'bot'],
  ['<.*>.*</.*>', '<'],
  ['select.*from.*where', 'select from '],
  ['(?:union.*select.*\\()', 'union select '],
  ['.*\\..*\\..*\\.exe$', '.'],
  ['^.*(?:a|b).*(?:a|c).*d$', 'a'],
  ['\\d+\\d+\\d+x', '1'],
  ['[a-z]+[0-9a-z]+[a-z]+_', 'a'],
  ['(?s).*a.*b.*c.*d', 'abc'],
  ['(?:.|\\n)*x(?:.|\\n)*y', 'x'],
  ['(?i)(?:a+b?)+c', 'aAb'],
  // Lookarounds.
  ['(?=.*x)', 'a'],
  ['(?:(?!.*x).)*y', 'a'],
  ['^(?=(?:a+)+$).*', 'a', '', '!'],
  ['^(?!.*(?:a|aa)+!)[^b]*c', 'a'],
  ['a(?=a*b)', 'a'],
  ['(?<=aaaaaaaaaa)a*b', 'a'],
  ['(?:a(?=a{0,30}))*b', 'a'],
  // The classics by name: what a nginx.conf copies from the web.
  ['^(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.|$)){4}$', '1.'],
  ['(?:(?:GET|POST).*(?:union|select|insert).*){2}', 'GET union '],
  ['(\\.\\./|\\.\\.\\\\)+(etc|boot|windows)+(.*)passwd', '../'],
  ['(;|<|>|\'|"|\\)|%0A|%0D|%22|%27).*(/\\*|union|select).*z', ';'],
  ['^(.+)\\?(.+)&(.+)=(.+)#$', '?&='],
];

describe('evil patterns', () => {
  for (const [source, repeated, start = '', end = ''] of EVIL) {
    it(`has no hold with ${source}`, (t) => {
      const pattern = compilePattern(source, { caseless: false });
      if ('problem' in pattern) {
        t.diagnostic(`refused: ${pattern.problem}`);
        assert.match(pattern.problem, /not supported: .*; .*offset \d+/);
        return;
      }
      const body = repeated.repeat(Math.ceil(LENGTH / repeated.length)).slice(0, LENGTH);
      const text = `${start}${body}`.slice(0, LENGTH - end.length) + end;
      const before = process.cpuUsage();
      pattern.test(text);
      const { user, system } = process.cpuUsage(before);
      // Ten times the guarantee: the first match of a process is not compiled yet, and machines differ.
      assert.ok(user + system < 100_000, `${(user + system) / 1000} ms`);
      assert.ok(lastSteps() <= MAX_MATCHER_STEPS, `${lastSteps()} steps`);
    });
  }

  it('stays linear beyond 8 KB', () => {
    const pattern = compilePattern('^(?:a|aa)+$', { caseless: false });
    assert.ok(!('problem' in pattern));
    const steps = [8192, 32_768].map((length) => {
      assert.equal(pattern.test(`${'a'.repeat(length)}!`), false);
      return lastSteps();
    });
    assert.ok((steps[1] ?? 0) < 4.1 * (steps[0] ?? 0), steps.join());
  });

  it('refuses by size what would take too many steps', () => {
    const pattern = compilePattern('(?:a?){300}b', { caseless: false });
    assert.ok('problem' in pattern);
    assert.match(pattern.problem, /steps/);
  });
});
