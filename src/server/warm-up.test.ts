import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import type { Address } from '#src/base/address.ts';
import { SystemClock } from '#src/base/clock.ts';
import type { AcceptorOwner, DialOwner } from '#src/transport/connection.ts';
import { createTransport, type Transport } from '#src/transport/transport.ts';
import { warmUp } from './warm-up.ts';

/** Far beyond what the exchanges of a test take: they end by their count. */
const LONG_MS = 60_000;

/** A transport that notes whom it was to dial, and never accepts on a descriptor. */
class WatchedTransport implements Transport {
  readonly tier;
  readonly dialed = new Set<number>();
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.tier = transport.tier;
    this.#transport = transport;
  }

  accept(_fd: number, _address: Address, _backlog: number, _owner: AcceptorOwner): never {
    throw new Error('a warm-up needs no descriptor');
  }

  dial(address: Address, owner: DialOwner) {
    if (address.kind === 'tcp') this.dialed.add(address.port);
    return this.#transport.dial(address, owner);
  }
}

/** The sockets and files this process has open, by what they are. */
function openNames(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ''; // the folder itself, read and gone
      }
    })
    .filter((name) => name.startsWith('socket:') || name.startsWith('/dev/null'))
    .sort();
}

async function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

for (const tier of ['fast', 'portable'] as const) {
  describe(`a warm-up on the ${tier} tier`, () => {
    const run = async (maxExchanges: number, timeoutMs: number, isLogged: boolean) => {
      const transport = new WatchedTransport(createTransport(tier));
      const clock = new SystemClock();
      const outcome = await warmUp({ transport, clock, maxExchanges, timeoutMs, isLogged });
      return { ...outcome, ports: [...transport.dialed] };
    };

    it('runs exchanges from clients to an origin until it is enough', async () => {
      const { exchanges, error, ports } = await run(500, LONG_MS, false);
      assert.equal(error, undefined);
      assert.equal(exchanges, 500);
      assert.equal(ports.length, 2, 'clients and the origin were connected to');
    });

    it('leaves no connection, listener or file', async () => {
      await run(1, LONG_MS, true); // whatever is opened once per process
      const before = openNames();
      const { exchanges, ports } = await run(200, LONG_MS, true);
      assert.equal(exchanges, 200);
      assert.deepEqual(openNames(), before);
      for (const port of ports) assert.ok(await refuses(port), `nobody listens on ${port}`);
    });

    it('ends when its time is over, however little it has done', async () => {
      const { error } = await run(Number.POSITIVE_INFINITY, 1, false);
      assert.equal(error, undefined); // that it ended at all is what matters
    });

    it('is given up where it cannot connect', async () => {
      const clock = new SystemClock();
      const transport: Transport = {
        tier,
        accept: () => assert.fail('a warm-up needs no descriptor'),
        dial: () => {
          throw new Error('no descriptors left');
        },
      };
      const limits = { maxExchanges: 10, timeoutMs: LONG_MS, isLogged: false };
      const { exchanges, error } = await warmUp({ transport, clock, ...limits });
      assert.deepEqual([exchanges, error?.message], [0, 'no descriptors left']);
    });
  });
}
