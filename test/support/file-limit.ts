// Preloaded into every test file by `npm test` (--import): no start of Weir warms up, and a file whose tests have ended and that
// keeps running, because something in it was never closed, fails and says what it holds.

import { after } from 'node:test';
import { isMainThread } from 'node:worker_threads';

/** No test file may run longer. `--test-timeout` limits the single test. */
const FILE_LIMIT_MS = 300_000;
/** What is being closed when the last test ends may take so long. */
const END_LIMIT_MS = 10_000;

// What a start warms up nobody sees afterwards, and its two listening sockets might take a port that
// another test is about to use. Tests of the warm-up itself say otherwise.
process.env['WEIR_WARM_UP_MS'] ??= '0';

// The runner itself preloads this file too, and so does a thread that a test starts.
if (process.env['NODE_TEST_CONTEXT'] !== undefined && isMainThread) {
  endAfter(FILE_LIMIT_MS, 'of running');
  after(() => endAfter(END_LIMIT_MS, 'after its last test'));
}

function endAfter(limitMs: number, what: string): void {
  setTimeout(() => {
    const counts = new Map<string, number>();
    for (const name of process.getActiveResourcesInfo()) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const open = [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
    process.stderr.write(`not ended ${limitMs} ms ${what}: it holds ${open}\n`);
    process.exit(1);
  }, limitMs).unref();
}
