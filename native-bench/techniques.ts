/**
 * What was tried for speed, written by hand; BENCHMARKS.md shows it beside the measured figures.
 * A row stays when a technique is dropped: what did not help is worth knowing.
 */

/** One change and what it gave. */
export interface Technique {
  /** What was changed, in a few words. */
  readonly technique: string;
  /** Figures with their units, as they were measured: "9.8 µs". */
  readonly before: string;
  readonly after: string;
  /** The command or bench that gave them, and the commit when it matters. */
  readonly measuredBy: string;
  readonly verdict: 'kept' | 'dropped';
}

/** A row of the speed table that is still missed: what the profile says and what was tried. */
export interface MissedTarget {
  /** As in SPEED_TARGETS; target and measured figure come from there and from the results. */
  readonly workload: string;
  readonly against: string;
  /** Where the time goes, by the profile. */
  readonly profile: string;
  /** At least three, each with what it gave. */
  readonly attempts: readonly string[];
}

/** A scenario of `npm run prove` that is still missed: why, and what was tried. */
export interface MissedPromise {
  /** Of the scenario; its target and what was measured come from the results. */
  readonly scenario: string;
  readonly profile: string;
  /** Each with what it gave. */
  readonly attempts: readonly string[];
}

/** In the order in which they were tried. */
export const TECHNIQUES: readonly Technique[] = [
  {
    technique: 'Heads as bytes and offsets, encoded into one arena per thread; no string per head',
    before: '3,170 ns, 2,185 B of heap per exchange',
    after: '2,250 ns, 124 B',
    measuredBy: 'npm run micro -- exchange, 0b37f89 and the tree before f468ba0',
    verdict: 'kept',
  },
  {
    technique: 'Writes of a turn of the event loop at its end, one connection after the other',
    before: '17.4 µs per request',
    after: '16.8 µs (0.965 x)',
    measuredBy: 'unique heads, 6 pairs of 2 s, only this changed in a1f18b4',
    verdict: 'kept',
  },
  {
    technique:
      'Short reads of a turn handed on at its end: reads, our code and writes in a piece each',
    before: '15.0 µs per request',
    after: '14.3 µs (0.98 x at the median of a noisy run, 0.95 x in its quiet fifth)',
    measuredBy: 'unique heads, 24 pairs of 1 s',
    verdict: 'kept',
  },
  {
    technique:
      'The lines that depend on a connection alone are kept with it, one clock reading per turn',
    before: '2,250 ns per exchange',
    after: '2,060 ns, 25 B of heap',
    measuredBy: 'npm run micro -- exchange',
    verdict: 'kept',
  },
  {
    technique: 'Inlining budgets of V8 raised (--max-inlined-bytecode-size and two more)',
    before: '2,050 ns per exchange',
    after: '1,800 ns; 0.96 x per request',
    measuredBy: 'best of 25 rounds of npm run micro -- exchange; 16 pairs of 1 s',
    verdict: 'kept',
  },
  {
    technique:
      'No generic look-ups: settings that were dictionaries to V8, lengths of strings and views',
    before: '1,800 ns per exchange',
    after: '1,670 ns; 0.96 x per request',
    measuredBy: 'best of 25 rounds of npm run micro -- exchange; 12 pairs of 2 s',
    verdict: 'kept',
  },
  {
    technique: 'Log lines as bytes in two buffers that change places',
    before: '27.3 µs per request, 395 ns and 872 B per line',
    after: '19.5 µs (0.77 x), 212 ns and 1 B per line',
    measuredBy: 'log-on-buffered, 5 pairs; npm run micro -- log-line',
    verdict: 'kept',
  },
  {
    technique: 'A word of four bytes at a time (SWAR) for field values',
    before: '85 ns for 110 bytes, 8 ns for 5',
    after: '33 ns for 110 bytes, 10 to 18 ns for 5: only from the 17th byte on',
    measuredBy: 'a loop of its own; most values are short',
    verdict: 'kept',
  },
  {
    technique: 'Two or four listening handles per thread all the time',
    before: '1.00 x CPU per connection',
    after: '1.054 x, 1.099 x: vain accepts; now five more only while a storm lasts',
    measuredBy: 'connection per request, base against variants',
    verdict: 'dropped',
  },
  {
    technique:
      '--single-threaded-gc, semi-spaces of 1 to 32 MB, --v8-pool-size, --minor-ms, large pages',
    before: '1.00 x',
    after: '0.98 to 1.03 x: less than the noise; there is little garbage left',
    measuredBy: 'unique heads, 8 pairs of 2 s each',
    verdict: 'dropped',
  },
  {
    technique: '--no-async-context-frame, --single-threaded',
    before: '1.00 x',
    after: '0.99 x and 1.01 x; the first does not take the exchange of frames out of a callback',
    measuredBy: 'unique heads, 20 and 16 pairs of 1 s, and perf',
    verdict: 'dropped',
  },
  {
    technique:
      'Exchanges of its own through the data path, for 80 ms, before a thread accepts (warm-up)',
    before: 'first 1,000 requests after a start: p99 36.9 ms, all in 100 ms; first answer 338 ms',
    after:
      'p99 28.9 ms, all in 79 ms; first answer 405 ms. Part of that p99 is 64 accepts and dials, ' +
      'which no warm code makes cheap; more than 80 ms gives more and breaks the target of a start',
    measuredBy:
      'npm run prove -- warm-start (two threads, two cores shared with client and origin)',
    verdict: 'kept',
  },
  {
    technique: 'The lines of a connection are kept from its second request on: one may be all',
    before: '65.6 µs per request and connection',
    after: '61.7 µs in the quiet fifth, 0.89 x at the median',
    measuredBy: 'connection per request, 10 pairs of 1 s',
    verdict: 'kept',
  },
  {
    technique: 'A client connection of ours, with its parts, serves one client after the other',
    before: '47.1 µs per request and connection',
    after: '43.8 µs in the quiet fifth, 0.945 x at the median',
    measuredBy: 'connection per request, 12 pairs of 1 s',
    verdict: 'kept',
  },
  {
    technique:
      'Semi-spaces of 4 and 8 MB, --no-parallel-scavenge, --single-threaded-gc, UV_USE_IO_URING=0',
    before: '1.00 x',
    after: '1.11 x, 1.03 x, 1.01 x, 0.975 x (and longer pauses), 1.05 x',
    measuredBy: 'connection per request, 12 and 16 pairs of 1 s',
    verdict: 'dropped',
  },
  {
    technique: 'At most 64 or 32 reads of a turn, then our code and the writes, then the next ones',
    before: '1.00 x: up to 256 reads, all writes at the end',
    after: '0.95 to 1.05 x and 1.06 to 1.15 x',
    measuredBy: '512 connections, 6 pairs of 3 s and 24 of 1 s',
    verdict: 'dropped',
  },
  {
    technique:
      'Heads of many exchanges in one piece of memory each for bytes, offsets and known names',
    before: '1.00 x: four small arrays per head',
    after: '0.98 x with 512 connections, 1.03 x with 64, 1.03 x without a kernel',
    measuredBy: '512 connections and unique heads, 14 pairs of 1 s; npm run micro -- exchange',
    verdict: 'dropped',
  },
  {
    technique: 'Huge pages: glibc.malloc.hugetlb=1, --use-largepages',
    before: '1.00 x',
    after: '0.96 x (0.99 x in the quiet fifth) and 1.11 x',
    measuredBy: '512 connections, 20 pairs of 1 s',
    verdict: 'dropped',
  },
  {
    technique: 'The view of a long region is kept for the next region of that length',
    before: '1.00 x: a view per answer of 16 KB, the largest part of what it allocated',
    after: '1.01 x: less than the noise; an allocation less',
    measuredBy: '16 KB answers, 14 pairs of 1 s',
    verdict: 'kept',
  },
  {
    technique:
      'The memory of a request body given back at the end of the exchange (ArrayBuffer.transfer)',
    before:
      '1.72 x HAProxy: 31 % of the time V8 collects the whole heap, for it counts that memory',
    after: '1.54 x: V8 still counts it',
    measuredBy: '16 KB POST, 20 pairs of 5 s and 3 of 2 s; npm run profile -- --workload post-16k',
    verdict: 'dropped',
  },
  {
    technique:
      'Memory of bodies (4 to 64 KB, 1 MB of each size) used by one after the other; short ones copied behind the head',
    before: '1.72 x HAProxy',
    after: '0.68 x HAProxy, 0.18 x nginx',
    measuredBy: '16 KB POST, 20 pairs of 5 s before, 3 of 2 s after',
    verdict: 'kept',
  },
  {
    technique:
      'Field lines compared by words with the one last seen at the same place of a head, read only when they differ',
    before: '5.4 µs of user time per request; 1,660 ns for the head of a browser',
    after: '5.0 µs; 1,350 ns',
    measuredBy: 'unique heads, 14 pairs of 2 s (quiet fifth); npm run micro -- h1-decoders',
    verdict: 'kept',
  },
  {
    technique: 'Writes through node:ffi (writev of libc) in place of the handle of libuv',
    before: '340 ns of user time beside the system call',
    after: '280 ns, within the noise; 600 ns by send with a BigInt for its length',
    measuredBy: '200,000 writes of 200 bytes to a socket, four turns each',
    verdict: 'dropped',
  },
  {
    technique:
      'malloc_trim by node:ffi when a process has grown by 4 MB: compilers leave their heaps full of holes',
    before: '136 MB of PSS, master and generation with two threads',
    after: '119 MB; a trim takes 0.3 to 4 ms of the thread that serves nothing',
    measuredBy: 'npm run prove -- memory-pss, both trees in one go',
    verdict: 'kept',
  },
  {
    technique:
      'Threads load only what their configuration uses (the main thread of a generation 67 modules, not 345), and garbage of the start is collected once',
    before: '133 MB of PSS, master and generation with two threads',
    after: '121 MB by loading less in the main thread, 109 MB with the rest',
    measuredBy: 'npm run prove -- memory-pss',
    verdict: 'kept',
  },
  {
    technique:
      'recv and send by node:ffi with all arguments declared as pointers: V8 compiles a plain call (5 ns, not 170)',
    before: '14.19 µs per request',
    after: '12.92 µs; recv alone 13.67',
    measuredBy: 'unique heads, 64 connections, pairs of 2 s, prototype on 1ba38e2',
    verdict: 'kept',
  },
  {
    technique:
      'An edge-triggered epoll set of our own inside libuv’s: each socket is polled by the kernel once per message',
    before:
      '12.92 µs per request with recv and send as above; 21.63 µs at 512 connections without all of it',
    after: '12.66 µs (0.89 x of all before); 16.82 µs at 512 connections (0.78 x)',
    measuredBy: 'unique heads, pairs of 2 s, prototype and a608bb9 against 1ba38e2',
    verdict: 'kept',
  },
  {
    technique:
      '--incremental-marking-hard-trigger=80, so that V8 marks before a heap has grown by 9 MB',
    before: 'memory grows by 5.69 MB per 10 minutes of soak',
    after: '5.97 MB (12 minutes, in a new folder); --heap-growing-percent has a least step of 8 MB',
    measuredBy: 'npm run prove -- soak on c3f472c and afb181f; the speed rows of a98039b had it on',
    verdict: 'dropped',
  },
  {
    technique:
      '--heap-growing-percent=30 and --incremental-marking-hard-trigger=10, set when all threads are built: V8 marks beside the work when a heap has grown by 0.8 MB',
    before:
      'the heap of each thread grows by 3.5 KB a second, 88.1 MB → 94.9 in 11 minutes of soak',
    after: '89.5 MB → 86.3 in 9 minutes: the old space of a thread stays between 10.5 and 11.1 MB',
    measuredBy: 'npm run prove -- soak, v8.getHeapSpaceStatistics() in its threads',
    verdict: 'kept',
  },
  {
    technique:
      'A long part of an answer is sent from the buffer into which it was read, its new head in front of it: no copy of 16 KB',
    before: '18.53 µs per request, 4.76 of user time',
    after: '18.23 µs, 4.45 of user time (0.989 x)',
    measuredBy: '16 KB answers, buffers of 64 KB, 14 pairs of 2 s, 44dd98f and the tree before',
    verdict: 'kept',
  },
  {
    technique:
      'Fields of exchanges and connections that hold times are doubles from the beginning, counts stay integers: none changes its representation once code is optimized',
    before:
      'generic property accesses (LoadIC and its like) take 4 to 8 % of the time in 2 of 7 starts (16 KB answers), 1 µs per request in 4 of 6 (unique heads)',
    after: 'more than 2.5 % in 1 of 21 starts',
    measuredBy: 'perf record of a thread under load, af98a45, 083267f and cddd2d4',
    verdict: 'kept',
  },
  {
    technique:
      'Behind the writes of a turn our own epoll set is asked again before libuv is, up to eight times while something comes',
    before: '10.30 µs per request, p99.9 at a constant rate 2.2 and 3.7 ms above nginx’s',
    after: '9.94 µs (0.97 x); 3.9 ms below',
    measuredBy:
      'unique heads, 8 pairs of 2 s, 7f884b7 and the tree before; npm run prove -- latency-at-rate, d8c7c90, e83f758 and 9458a76',
    verdict: 'kept',
  },
  {
    technique:
      'Relay buffers of 256 KB for bodies that fill one of 64 KB and are gone at once: a fourth of the writes, each of which wakes the client’s process',
    before: '700 µs per MB (1.28 x nginx)',
    after: '426 µs (0.80 x)',
    measuredBy: '1 MB answers, 6 pairs of 2 s on a Xeon (0.85 x nginx before on an EPYC)',
    verdict: 'kept',
  },
  {
    technique:
      'Connections of a listener in a linked list in place of a Set, which leaves 865 bytes of tables per connection to collections of the whole heap',
    before: '27.6 µs per request, p99 12.7 ms, 2.2 full collections a second; with the next row',
    after: '24.7 µs (0.90 x), p99 2.8 ms',
    measuredBy: 'a connection per request, 6 pairs of 3 s, ab6c705 and the tree before',
    verdict: 'kept',
  },
  {
    technique: 'IPv4 addresses of clients asked of the kernel, not of the handle',
    before: '1.2 µs per connection',
    after: '0.3 µs',
    measuredBy: 'npm run profile -- --workload connection-per-request --passes inside',
    verdict: 'kept',
  },
];

/** Explained only as long as the newest result misses the target. */
export const MISSED_TARGETS: readonly MissedTarget[] = [
  {
    workload: 'unique-heads',
    against: 'nginx',
    profile:
      'perf: kernel 72 %, JavaScript 16 %, C++ of Node and libuv 11 %, builtins 0.6 %, garbage collection below 0.1 %. ' +
      'The kernel costs Weir less than nginx; the glue between libuv and JavaScript takes about 1.6 µs, our own code about 2 µs',
    attempts: [
      'heads as bytes, lines kept per connection, inlining budgets: 3,170 → 1,670 ns without the kernel',
      'reads, our code and writes of a turn in one piece each: 0.965 x and 0.98 x',
      'heads of many exchanges in one piece of memory: 1.03 x',
      'V8 flags (semi-spaces, single-threaded GC, large pages): 0.98 to 1.03 x',
      'field lines compared with those last seen: 5.4 → 5.0 µs of user time',
    ],
  },
  {
    workload: '512-connections',
    against: 'nginx',
    profile:
      'The same code costs 11 µs of JavaScript in place of 5 (perf running), the kernel 27 in place of 17, nginx 13 of user time in place of 6: ' +
      'misses of the cache in every function that touches a connection first (H1Connection, decodeFields, the end of the turn), no garbage collection. ' +
      'Pairs lie between 0.7 and 1.5 x: the two virtual cores share their cache with others',
    attempts: [
      'at most 64 or 32 reads, then our code and the writes, then the next: 0.95 to 1.05 x, 1.06 to 1.15 x',
      'heads of many exchanges in one piece of memory: 0.98 x',
      'huge pages for malloc and for the code of Node: 0.96 x and 1.11 x',
      'stacks and lists that keep their room: 1.03 x, within the noise',
    ],
  },
  {
    workload: 'log-on-buffered',
    against: 'nginx',
    profile:
      'A line costs 0.8 to 1.0 µs of JavaScript (piece by piece of the format, each byte looked up for escapes), about as much as nginx; ' +
      'the rest is that of unique-heads',
    attempts: [
      'lines as bytes in place of strings: 1.43 → 1.02 x',
      '$request as one copy of what came: within the noise',
      'two buffers that change places, written in the background: no copy of what is gathered',
    ],
  },
  {
    workload: 'log-on-default',
    against: 'nginx',
    profile:
      'One write per turn of the loop and not one per line, in the background, so the kernel costs less than nginx needs (11.9 against 13.1 µs); ' +
      'JavaScript costs 1.5 µs more than its user time',
    attempts: [
      'lines as bytes in place of strings: 1.40 → 1.00 x',
      'one write under way at a time, further lines wait for it: fewer writes the busier it is',
      '$request as one copy of what came: within the noise',
    ],
  },
  {
    workload: '16k',
    against: 'nginx',
    profile:
      'The kernel costs both the same (14.2 µs of 18); JavaScript and the copy of 16 KB from the read buffer behind the new head cost 1.0 to 1.7 µs more ' +
      'than nginx, which copies nothing. The median moves around the target from run to run: 1.047, 1.056, 1.052',
    attempts: [
      'views of long regions kept: one object less per answer',
      'regions beyond 4 KB written at once and from where they are, recv and send of our own: 1.032 → 1.047 x, within the noise of both',
      'without the flags that keep heaps small: 0.999 against 1.006 x of the tree before, 20 pairs of 2 s',
      'the new head written into the read buffer in front of the body, and one send for both, so that 16 KB are no longer copied: 0.989 x of the tree before, 14 pairs of 2 s',
    ],
  },
];

/** Explained only as long as the newest result fails. */
export const MISSED_PROMISES: readonly MissedPromise[] = [];
