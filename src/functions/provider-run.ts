import { describe } from './function-host.ts';

/** When it has ended, it is called again after this; after failures later and later. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
/** After each list: one that never waits must not keep its thread from everything else. */
const TURN_MS = 1;

/** What a run needs, and tells. */
export interface ProviderOwner {
  readonly upstream: string;
  onList(list: unknown): void;
  /** It threw, or gave what is no list of lists. */
  onFault(why: string): void;
  wait(ms: number): Promise<void>;
  /** False ends the run. */
  readonly isWanted: () => boolean;
}

/** Runs a `provider` of weir.config.ts again and again; what it gives goes to its owner. */
export async function runProvider(
  provider: (context: { readonly upstream: string }) => unknown,
  owner: ProviderOwner,
): Promise<void> {
  let failures = 0;
  while (owner.isWanted()) {
    let hasGiven = false;
    try {
      const lists = provider({ upstream: owner.upstream });
      if (!isAsyncIterable(lists)) throw new TypeError('it is no async function*');
      for await (const list of lists) {
        if (!owner.isWanted()) return;
        hasGiven = true;
        owner.onList(list);
        await owner.wait(TURN_MS);
      }
      if (!hasGiven) owner.onFault('it has ended without a list');
    } catch (error) {
      hasGiven = false;
      owner.onFault(describe(error));
    }
    failures = hasGiven ? 0 : failures + 1;
    await owner.wait(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10)));
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
