import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CASES } from './cases.contract.ts';
import { hasCapturesInLooks, hasEmptyTurns } from './check.ts';
import { match } from './matcher.ts';
import { parsePattern } from './parser.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import { writeProgram } from './program.ts';

function compiled(source: string, caseless = false): Pattern {
  const pattern = compilePattern(source, { caseless });
  if ('problem' in pattern) assert.fail(pattern.problem);
  return pattern;
}

function problemOf(source: string): string {
  const pattern = compilePattern(source, { caseless: false });
  return 'problem' in pattern ? pattern.problem : 'accepted';
}

/** A source, and what its problem names. */
const REFUSED: readonly (readonly [source: string, problem: RegExp])[] = [
  ['(a)\\1', /back reference \\1 \(at offset 3\)/],
  ['(?P<n>a)(?P=n)', /back reference \(\?P=…\) \(at offset 8\)/],
  ['a\\k<n>', /reference \\k/],
  ['a\\g{1}', /reference \\g/],
  ['(?=foo\\Kbar)', /\\K stands in a lookaround \(at offset 6\)/],
  ['\\p{Latin}', /property \\p\{Latin\}; use a general category/],
  ['\\pQ', /property/],
  ['\\X', /grapheme/],
  ['(?R)', /recursion/],
  ['(a)(?1)', /recursion \(at offset 3\)/],
  ['(?&n)', /recursion/],
  ['(?(1)a|b)', /condition/],
  ['(?C1)a', /callout/],
  ['(*UTF8)a', /verb/],
  ['(?J)a', /option \(\?J\)/],
  ['(?>a|ab)c', /atomic group .* \(at offset 0\)/],
  ['(?:ab)++', /possessive \++ around/],
  ['^*', /behind a condition/],
  ['(?<=(a))b', /capture in a positive look behind/],
  ['((?:(a?){2})*)*', /can match nothing/],
  ['(?<=a+)b', /fixed length/],
  ['*a', /repeats nothing \(at offset 0\)/],
  ['a**', /repeats nothing \(at offset 2\)/],
  ['(?i)+', /repeats nothing/],
  ['(a', /not closed \(at offset 0\)/],
  ['a)', /closes nothing \(at offset 1\)/],
  ['[a', /no \] \(at offset 0\)/],
  ['[b-a]', /backwards/],
  ['[a-\\d]', /range/],
  ['[[:nope:]]', /unknown class/],
  ['[[.a.]]', /collating/],
  ['a{2,1}', /backwards/],
  ['a{70000}', /at most 65535/],
  ['a\\', /backslash ends/],
  ['\\i', /means nothing/],
  ['\\x{100}', /beyond/],
  ['(?<1a>b)', /unknown|option/],
  ['(?<n>a)(?<n>b)', /two captures/],
  ['(?#x', /no \)/],
  ['(?z)', /option/],
  ['€', /more than a byte/],
  ['('.repeat(200), /nested/],
];

describe('a pattern', () => {
  it('says what it is', () => {
    const pattern = compiled('^(?<n>a+)-(?P<m>b)(c)?$');
    assert.deepEqual(
      [...pattern.names],
      [
        ['n', 1],
        ['m', 2],
      ],
    ); // prettier-ignore
    assert.equal(pattern.captureCount, 3);
    assert.equal(pattern.source, '^(?<n>a+)-(?P<m>b)(c)?$');
    assert.deepEqual([...(pattern.exec('aa-b') ?? [])], ['aa-b', 'aa', 'b', undefined]);
    assert.equal(pattern.exec('aa-c'), undefined);
  });

  it('matches and captures alike in both engines', () => {
    for (const [source, texts, caseless] of CASES) {
      const pattern = compiled(source, caseless);
      const { root, captureCount } = parsePattern(source, caseless ?? false);
      if (hasCapturesInLooks(root) || hasEmptyTurns(root, captureCount)) continue; // for the sweep
      const program = writeProgram(root, captureCount, 2000);
      const slots = new Int32Array(program.slotCount);
      for (const text of texts) {
        const found = match(program, text, slots, new Uint8Array(256), true, false);
        const captures = pattern.exec(text);
        assert.equal(found, captures !== undefined, `${source} on ${text}`);
        for (let index = 0; found && index <= captureCount; index++) {
          const [from = -1, to = -1] = slots.subarray(2 * index);
          const own = to < 0 ? undefined : text.slice(from, to);
          assert.equal(own ?? '', captures?.[index] ?? '', `${source} on ${text}, ${index}`);
        }
      }
    }
  });

  it('treats a character beyond a byte as one that matches nothing', () => {
    for (const text of ['€', '€'.repeat(5000)]) {
      assert.equal(compiled('[^a]').test(text), false);
      assert.equal(compiled('(?:[^a]|..)+b').test(text), false);
    }
  });

  it('tells many words apart in long texts', () => {
    const words = Array.from(
      { length: 40 },
      (_, index) => `${String.fromCharCode(97 + (index % 26))}${index}bot`,
    );
    const pattern = compiled(`(${words.join('|')})$`);
    const text = `${'f31bo '.repeat(1300)}f31bot`;
    assert.deepEqual([...(pattern.exec(text) ?? [])], ['f31bot', 'f31bot']);
    assert.equal(pattern.test(`${text}x`), false);
  });
});

describe('what is refused', () => {
  for (const [source, problem] of REFUSED) {
    it(`${source.slice(0, 30)} with ${problem}`, () => {
      assert.match(problemOf(source), problem);
      assert.match(problemOf(source), /\(at offset \d+\)$/);
    });
  }
});

describe('compilePattern', () => {
  const piece = fc.constantFrom(
    ...'()[]{}*+?|\\^$.-,:=!<>#&PQEKxabdw019iR\n'.split(''),
    ...['(?', '(?<', '(?:', '[:', '[[:alpha:]]', '{2,3}', '\\Q', '\\E', '(?x)', '(?=', '\\x{'],
  );

  it('never throws, and what it accepts never does', () => {
    const source = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(
        source,
        fc.boolean(),
        fc.string({ unit: 'binary' }),
        (text, caseless, subject) => {
          const pattern = compilePattern(text, { caseless });
          if ('problem' in pattern) return /\(at offset \d+\)$/.test(pattern.problem);
          return pattern.test(subject) === (pattern.exec(subject) !== undefined);
        },
      ),
      { numRuns: 5000 },
    );
  });
});

describe('a pattern with counted repetitions', () => {
  it('is taken when it is anchored, as those of names and paths are', () => {
    for (const source of [
      '^(?<tenant>[a-z0-9][a-z0-9-]{0,30})\\.example\\.app$',
      '^/([a-z0-9-]{1,64})/([a-z0-9-]{1,64})$',
      '^/api/v[0-9]+/users/(?<id>[0-9]{1,20})/posts/[0-9]{1,20}$',
    ]) {
      assert.equal('problem' in compilePattern(source, { caseless: false }), false, source);
    }
  });

  it('is taken when it begins anywhere', () => {
    for (const source of [
      '[a-z0-9-]{1,63}\\.cdn\\.example',
      'session=([a-f0-9]{20,200})(?:;|$)',
      '/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/',
      '(?:[0-9]{1,3}\\.){3}[0-9]{1,3}',
      '(?:[a-z0-9-]{1,63}\\.){1,5}(?:com|net)(?::\\d{1,5})?/',
      '(?:%[0-9a-f]{2}){8,}',
    ]) {
      assert.equal('problem' in compilePattern(source, { caseless: true }), false, source);
    }
  });

  it('is refused when a large group is repeated too often', () => {
    const refused = compilePattern('(?:a|ab){200}c', { caseless: false });
    assert.match('problem' in refused ? refused.problem : '', /steps per byte/);
  });

  it('answers long texts as short ones', () => {
    const pattern = compiled('session=([a-f0-9]{20,200})(?:;|$)');
    const id = '0123456789abcdef'.repeat(4);
    const cookie = `${'session=abc; '.repeat(700)}session=${id}; x=${'y'.repeat(500)}`;
    assert.deepEqual(pattern.exec(cookie)?.slice(), [`session=${id};`, id]);
    assert.equal(pattern.exec(cookie.replace(id, id.slice(46))), undefined);
    assert.equal(pattern.test(cookie), true);
    assert.equal(pattern.test(cookie.replace(id, '')), false);
  });
});
