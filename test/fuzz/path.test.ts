// The path that locations are matched against: what it hides, a rule cannot see.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapePath, normalisePath } from '#src/http/target.ts';
import { forCases } from './cases.ts';
import { pathText } from './messages.ts';
import type { Random } from './random.ts';

function anyPath(random: Random): string {
  const path = pathText(random);
  if (random.chance(0.7)) return path;
  const at = 1 + random.below(path.length); // behind the slash: every target has it
  return (
    path.slice(0, at) + random.pick(['%', '%0', '%00', '%zz', '/', '.', '%25']) + path.slice(at)
  );
}

/** RFC 3986 §5.2.4 and merge_slashes by rewriting, one step at a time. */
function slowly(raw: string): string | undefined {
  if (/%(?![0-9a-f]{2})|%00/i.test(raw)) return undefined;
  let path = raw.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number(`0x${hex}`)));
  for (let before = ''; before !== path; ) {
    before = path;
    path = path.replace(/\/\/+/, '/').replace(/\/\.(\/|$)/, '/');
  }
  for (let before = ''; before !== path; ) {
    before = path;
    if (/^\/\.\.(\/|$)/.test(path)) return undefined;
    path = path.replace(/\/[^/]+\/\.\.(\/|$)/, '/');
  }
  // An escaped escape that would make another ".." of it.
  const again = path.replaceAll('%2e', '.').replaceAll('%2E', '.').replace(/%2f/gi, '/');
  return again.split('/').includes('..') ? undefined : path;
}

test('a normalised path is what step by step rewriting gives', () => {
  forCases(0.04, (random) => {
    const raw = anyPath(random);
    assert.equal(normalisePath(raw), slowly(raw), JSON.stringify(raw));
  });
});

test('a normalised path has no dot segment, no empty one, and begins at the root', () => {
  forCases(0.02, (random) => {
    const raw = anyPath(random);
    const path = normalisePath(raw);
    if (path === undefined) return;
    assert.match(path, /^\//, raw);
    assert.doesNotMatch(path, /\/\/|\/\.\.?(\/|$)|\0/, raw);
  });
});

test('a normalised path, escaped again, is normal: it names itself', () => {
  forCases(0.02, (random) => {
    const path = normalisePath(anyPath(random));
    if (path === undefined) return;
    assert.equal(normalisePath(escapePath(path)), path);
    if (!path.includes('%')) assert.equal(normalisePath(path), path);
  });
});
