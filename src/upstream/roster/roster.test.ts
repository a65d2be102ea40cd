import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OUT_CHECK, OUT_DOWN, OUT_DRAIN, OUT_GONE } from '#src/shared/endpoint-standing.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import {
  type EndpointConfig,
  type UpstreamConfig,
  USUAL_POLICY,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import { Roster, type RosterList, type RosterMember } from './roster.ts';
import { Rosters } from './rosters.ts';

const PLACE = { file: 'test', line: 1, column: 1 };
const THREADS = 2;
/** Another upstream stands before it in the table. */
const FIRST = 3;
const SLOTS = 4;
const DNS = 'dns:app.test';

function at(port: number, traits: Partial<EndpointConfig> = {}): EndpointConfig {
  const address = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const name = `127.0.0.1:${port}`;
  return { ...USUAL_TRAITS, address, name, server: name, place: PLACE, ...traits };
}

function make(endpoints: readonly EndpointConfig[], slots = SLOTS) {
  const config: UpstreamConfig = {
    ...{ name: 'app', implicit: false, endpoints, slots, policy: USUAL_POLICY, sticky: null },
    ...{ pool: { maxIdle: 0, maxRequests: 1, maxAgeMs: 1, idleTimeoutMs: 1 }, place: PLACE },
  };
  const sizes = { threadCount: THREADS, endpointCount: FIRST + slots, upstreamCount: 2 };
  const memory = allocateShared(sizes);
  const tables = [0, 1].map(
    (thread) => new EndpointTable(memory, THREADS, FIRST + slots, thread, 2),
  );
  const [table, other] = tables;
  assert.ok(table !== undefined && other !== undefined);
  const lists: RosterList[] = [];
  const lines: string[] = [];
  const tenants: (string | undefined)[] = [];
  const setting = { id: 1, config, firstEndpoint: FIRST, slots };
  const rosters = new Rosters([setting], table, {
    publish: (list) => lists.push(list),
    onTenant: (_, slot, member) => {
      tenants[slot] = member?.config.name;
    },
    warn: (line) => lines.push(line),
    notice: (line) => lines.push(line),
  });
  for (let thread = 0; thread < THREADS; thread++) rosters.onThreadBuilt(thread);
  const roster = rosters.at(1);
  assert.ok(roster !== undefined);
  /** These threads have taken over the last list. */
  const take = (...threads: number[]) => {
    const version = lists.at(-1)?.version ?? 0;
    for (const thread of threads) rosters.acknowledge(thread, 1, version);
  };
  return { lines, lists, other, roster, rosters, table, take, tenants };
}

const ports = (members: readonly { slot: number; config: EndpointConfig }[]) =>
  members.map(({ config, slot }) => `${slot}:${config.name.split(':')[1]}`);
const outOf = (table: EndpointTable, slot: number) => table.standing.out(FIRST + slot);

describe('a roster', () => {
  it('begins with what is configured', () => {
    const { lists, roster, table } = make([
      at(80),
      at(81, { down: true }),
      at(82, { drain: true }),
    ]);
    assert.deepEqual(ports(roster.members), ['0:80', '1:81', '2:82']);
    assert.deepEqual(
      roster.members.map(({ admin, source }) => [admin, source]),
      [
        ['up', 'configuration'],
        ['down', 'configuration'],
        ['drain', 'configuration'],
      ],
    );
    assert.deepEqual(
      [0, 1, 2, 3].map((slot) => outOf(table, slot)),
      [0, OUT_DOWN, OUT_DRAIN, 0],
    );
    assert.equal(roster.list, undefined);
    assert.deepEqual(lists, []);
  });

  it('adds where nobody was, at once', () => {
    const { lists, roster, table, tenants } = make([at(80)]);
    const { added, problem } = roster.add(at(81));
    assert.equal(problem, undefined);
    assert.deepEqual(ports(added), ['1:81']);
    assert.deepEqual(ports(lists[0]?.members ?? []), ['0:80', '1:81']);
    assert.deepEqual([lists[0]?.version, lists[0]?.zero], [1, []]);
    assert.equal(outOf(table, 1), 0);
    assert.equal(tenants[1], '127.0.0.1:81');
  });

  it('takes out at once, and uses the slot again when threads and exchanges have left it', () => {
    const { lists, other, roster, table, take } = make([at(80), at(81)], 2);
    other.start(FIRST + 1);
    assert.deepEqual(ports(roster.remove(1).removed), ['1:81']);
    assert.equal(outOf(table, 1), OUT_GONE);
    assert.equal(roster.add(at(82)).problem, 'full');
    take(0);
    assert.equal(roster.add(at(82)).problem, 'full');
    take(1);
    assert.equal(roster.add(at(82)).problem, 'full'); // one is in flight
    other.finish(FIRST + 1, 5);
    const { added } = roster.add(at(82));
    assert.deepEqual(ports(added), ['1:82']);
    assert.deepEqual(lists.at(-1)?.zero, [1]);
    assert.equal(outOf(table, 1), OUT_GONE); // until threads have zeroed what they counted
    take(0);
    assert.equal(outOf(table, 1), OUT_GONE);
    take(1);
    assert.equal(outOf(table, 1), 0);
  });

  it('forgets of the one before what the main thread knows: reasons, failures, joining', () => {
    const { roster, table, take } = make([at(80), at(81)], 2);
    const endpoint = FIRST + 1;
    table.setOut(endpoint, OUT_CHECK, true);
    table.standing.onFailure(endpoint, 1_000);
    table.times.join(endpoint, 1_000);
    roster.remove(1);
    take(0, 1);
    roster.add(at(82));
    take(0, 1);
    assert.equal(table.standing.isFine(endpoint), true);
    assert.equal(table.times.joinedAtMs(endpoint), 0);
  });

  it('lets who comes, or comes back from down, start slowly', () => {
    const { roster, table } = make([at(80)]);
    roster.add(at(81, { slowStartMs: 1_000 }));
    const joinedAtMs = table.times.joinedAtMs(FIRST + 1);
    assert.ok(joinedAtMs > 0);
    roster.change(1, { admin: 'down' });
    table.times.join(FIRST + 1, 1);
    roster.change(1, { admin: 'up' });
    assert.ok(table.times.joinedAtMs(FIRST + 1) >= joinedAtMs);
  });

  it('changes what is asked for and nothing else; threads hear it, bits hold at once', () => {
    const { lists, roster, table } = make([at(80, { down: true }), at(81)]);
    roster.change(1, { weight: 5, admin: 'drain' });
    assert.equal(outOf(table, 1), OUT_DRAIN);
    assert.equal(lists[0]?.members[1]?.config.weight, 5);
    assert.equal(lists[0]?.members[0]?.config.down, false); // its bit says it
    assert.equal(outOf(table, 0), OUT_DOWN);
    roster.change(1, { admin: 'up' });
    assert.equal(outOf(table, 1), 0);
    assert.deepEqual(roster.members[1]?.config, { ...at(81), weight: 5 });
    assert.equal(roster.change(3, { weight: 2 }).problem, 'unknown');
    assert.equal(roster.remove(3).problem, 'unknown');
  });

  it('lets failures that were counted by another max_fails go', () => {
    const { roster, table } = make([at(80), at(81)]);
    table.standing.onFailure(FIRST, 1_000);
    roster.change(0, { weight: 2 });
    assert.equal(table.standing.failCount(FIRST), 1);
    roster.change(0, { maxFails: 3 });
    assert.equal(table.standing.failCount(FIRST), 0);
  });
});

describe('a roster whose members a source names', () => {
  it('keeps who stays at its slot, whatever the order', () => {
    const { lists, roster, take } = make([at(80, { source: DNS }), at(81, { source: DNS })]);
    const { added, changed, removed } = roster.replace(DNS, [at(82), at(81)]);
    assert.deepEqual([ports(added), ports(changed), ports(removed)], [['2:82'], [], ['0:80']]);
    assert.deepEqual(ports(roster.members), ['1:81', '2:82']);
    take(0, 1);
    const again = roster.replace(DNS, [at(81), at(82)]);
    assert.deepEqual([again.added, again.changed, again.removed], [[], [], []]);
    assert.equal(lists.length, 1);
  });

  it('leaves alone what others named', () => {
    const { roster } = make([at(80), at(81, { source: DNS })]);
    roster.add(at(90));
    roster.replace(DNS, [at(82)]);
    assert.deepEqual(ports(roster.members), ['0:80', '2:90', '3:82']);
  });

  it('keeps what was changed at run time until the source itself says something new', () => {
    const { roster } = make([at(80, { source: DNS })]);
    const given = at(80, { source: DNS });
    roster.change(0, { weight: 7, admin: 'drain' });
    assert.deepEqual(roster.replace(DNS, [given]).changed, []);
    assert.equal(roster.memberAt(0)?.config.weight, 7);
    const { changed } = roster.replace(DNS, [{ ...given, weight: 3 }]);
    assert.deepEqual([changed[0]?.config.weight, changed[0]?.admin], [3, 'drain']);
  });

  it('is not emptied by an empty list, and says so once', () => {
    const { lines, lists, roster } = make([at(80, { source: DNS })]);
    for (let time = 0; time < 2; time++) assert.equal(roster.replace(DNS, []).problem, 'empty');
    assert.deepEqual(ports(roster.members), ['0:80']);
    assert.deepEqual(lists, []);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? '',
      /"dns:app.test" names no server for upstream "app": the last 1 stay/,
    );
    roster.replace(DNS, [at(80, { source: DNS })]);
    roster.replace(DNS, []);
    assert.equal(lines.length, 2);
  });

  it('lets in as many as fit, says once who does not, and lets them in as places get free', () => {
    const { lines, roster, rosters, table, take } = make([at(80), at(81, { source: DNS })], 3);
    const wanted = [at(82), at(83), at(84)];
    assert.equal(roster.replace(DNS, wanted).problem, 'full');
    assert.deepEqual(ports(roster.members), ['0:80', '2:82']);
    assert.equal(roster.replace(DNS, wanted).problem, 'full');
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? '',
      /no room .* for 127.0.0.1:83, 127.0.0.1:84: it has 3 places, and 1 are/,
    );
    table.start(FIRST + 1);
    take(0, 1);
    assert.equal(roster.waitingCount, 2);
    table.finish(FIRST + 1, 1);
    rosters.look();
    assert.deepEqual(ports(roster.members), ['0:80', '1:83', '2:82']);
    assert.equal(roster.waitingCount, 1);
    roster.remove(0);
    take(0, 1);
    assert.deepEqual(ports(roster.members), ['0:84', '1:83', '2:82']);
    assert.equal(roster.waitingCount, 0);
    assert.match(lines[1] ?? '', /all servers that waited have a place now/);
  });

  it('forgets who waits when the source names them no longer', () => {
    const { roster } = make([at(80, { source: DNS })], 1);
    roster.replace(DNS, [at(80, { source: DNS }), at(81)]);
    assert.equal(roster.waitingCount, 1);
    roster.replace(DNS, [at(80, { source: DNS })]);
    assert.equal(roster.waitingCount, 0);
  });

  it('takes an address that is named twice once', () => {
    const { roster } = make([at(80, { source: DNS })]);
    roster.replace(DNS, [at(81), at(81)]);
    assert.deepEqual(ports(roster.members), ['1:81']);
  });
});

describe('threads that die', () => {
  it('hold no slot, and what they would have zeroed is zeroed', () => {
    const { other, roster, rosters, table, take } = make([at(80), at(81)], 2);
    const endpoint = FIRST + 1;
    other.start(endpoint);
    other.finish(endpoint, 5);
    other.times.record(endpoint, 1, 1, false, 1_000);
    roster.remove(1);
    take(0, 1);
    roster.add(at(82));
    take(0);
    assert.equal(table.requests(endpoint), 1);
    rosters.onThreadGone(1);
    assert.deepEqual([table.requests(endpoint), table.busyMs(endpoint)], [0, 0]);
    assert.equal(table.times.headerMs(endpoint, 1_000), -1);
    assert.equal(outOf(table, 1), 0);
  });

  it('get the list of now when they are back', () => {
    const { lists, roster, rosters, take } = make([at(80)]);
    rosters.onThreadGone(1);
    assert.deepEqual(rosters.onThreadBuilt(1), []);
    roster.add(at(81));
    roster.remove(0);
    take(0);
    rosters.onThreadGone(1);
    const [list] = rosters.onThreadBuilt(1);
    assert.deepEqual(list, lists.at(-1));
    assert.deepEqual(ports(list?.members ?? []), ['1:81']);
    assert.equal(roster.freeCount, SLOTS - 2); // it has not taken it over yet
    take(1);
    assert.equal(roster.freeCount, SLOTS - 1);
  });
});

describe('names', () => {
  it('find the roster', () => {
    const { roster, rosters } = make([at(80)]);
    assert.equal(rosters.named('app'), roster);
    assert.equal(rosters.named('other'), undefined);
    assert.ok(roster instanceof Roster);
    assert.deepEqual(
      roster.membersOf('configuration'),
      roster.members satisfies readonly RosterMember[],
    );
  });
});
