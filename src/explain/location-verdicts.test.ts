import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { treeOf } from '#test/support/configuration.ts';
import { Rehearsal } from './rehearsal.ts';
import type { LocationEvent, Verdict } from './trace.ts';

/** A location of a random server; its body says in which line it stands. */
interface RandomLocation {
  readonly modifier: '' | '=' | '^~' | '~';
  readonly path: string;
  readonly inner: readonly RandomLocation[];
}

const path = fc.array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 2 }).map((names) => {
  return `/${names.map((name) => `${name}/`).join('')}`;
});
const regex = fc.constantFrom('/a', 'b/$', '^/ab', 'a/b', '.');

const location = (depth: number): fc.Arbitrary<RandomLocation> => {
  const inner = depth === 0 ? fc.constant([]) : fc.array(location(depth - 1), { maxLength: 3 });
  const prefix = fc.record({ modifier: fc.constantFrom('' as const, '^~' as const), path, inner });
  const exact = fc.record({ modifier: fc.constant('=' as const), path, inner: fc.constant([]) });
  const pattern = fc.record({ modifier: fc.constant('~' as const), path: regex, inner });
  return fc.oneof(prefix, exact, pattern);
};

/** Those that nginx takes: beginning like what is around them (be it a regex), and none twice. */
function written(locations: readonly RandomLocation[], outer: RandomLocation | undefined): string {
  const seen = new Set<string>();
  return locations
    .flatMap((one) => {
      const key = `${one.modifier === '=' ? '=' : ''}${one.path}`;
      const isPath = one.modifier !== '~';
      if (isPath && seen.has(key)) return [];
      seen.add(isPath ? key : '');
      if (isPath && outer !== undefined && !one.path.startsWith(outer.path)) return [];
      return [`location ${one.modifier} "${one.path}" {\n${written(one.inner, one)} LINE }\n`];
    })
    .join('');
}

/** In place of each LINE an answer that names the line of its location. */
function numbered(text: string): string {
  const open: number[] = [];
  return text
    .split('\n')
    .map((line, at) => {
      if (/^ *LINE/.test(line)) return line.replace('LINE', `return 200 "${open.pop()}";`);
      if (line.startsWith('location')) open.push(at + 1);
      return line;
    })
    .join('\n');
}

/** What a reason claims, checked against the path alone. */
function assertTrue(path: string, { because, text }: Verdict): void {
  const [, modifier = '', written = ''] = /^location (=|~|\^~)? ?(.*)$/.exec(text) ?? [];
  const claims: readonly (readonly [RegExp, () => boolean])[] = [
    [/^the path does not begin so$/, () => !path.startsWith(written)],
    [/^the path is not exactly that$/, () => modifier === '=' && path !== written],
    [/^it does not match$/, () => modifier === '~' && !new RegExp(written).test(path)],
    [/^"(?:\^~ )?(.*)" is longer$/, () => path.startsWith(written)],
    [/is exactly the path$/, () => modifier === '~' || path.startsWith(written)],
    [/^the longest prefix, but /, () => path.startsWith(written)],
    [/^it matched, and /, () => new RegExp(written).test(path)],
    [/^not tried: /, () => modifier === '~'],
    [/^it is inside ".*", which did not take the path$/, () => true],
  ];
  const claim = claims.find(([pattern]) => pattern.test(because));
  assert.ok(claim?.[1](), `${path}: ${text}: ${because}`);
}

test('what is said of locations is what the router did, and each reason is true', async () => {
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(location(2), { maxLength: 6 }), path, async (locations, path) => {
      const text = numbered(`http { server { listen 80;\n${written(locations, undefined)} } }`);
      const rehearsal = Rehearsal.of(treeOf(text));
      assert.ok(rehearsal instanceof Rehearsal, JSON.stringify(rehearsal));
      const { answer, events } = await rehearsal.ask({ url: `http://any${path}` });
      rehearsal.close();
      const found = events.find((event): event is LocationEvent => event.kind === 'location');
      assert.ok(found);
      const line = String(found.chosen.place.line);
      if (found.chosen.text === 'server') assert.equal(answer?.status, 404);
      else assert.equal(answer?.body, line, text);
      const others = [...found.others, ...found.unlike];
      for (const verdict of others) assertTrue(path, verdict);
      const lines = [line, ...others.map(({ place }) => String(place.line))];
      assert.equal(new Set(lines).size, lines.length, 'each location once');
      for (const { because } of others) outcomes.add(because.replace(/".*"/, '…'));
    }),
    { numRuns: 400 },
  );
  assert.ok(outcomes.size >= 9, `only ${[...outcomes].join(' | ')}`);
});
