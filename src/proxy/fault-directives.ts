/** The directive that makes things go wrong on purpose. */
import { custom } from '#src/schema/arguments.ts';
import { directives, HTTP_SERVER_LOCATION } from '#src/schema/directive.ts';
import { parseFault } from './fault-argument.ts';

export const faultDirectives = directives({
  faults: {
    name: 'fault',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off | [delay=time] [abort=status] [rate=size] [percent=number] [if=condition]',
      minWords: 1,
      maxWords: 5,
      parse: parseFault,
    }),
    repeat: true,
    doc: 'Weir only. For tests of those who call: what `proxy_pass` would pass on is held back for `delay` (rounded up to 50 ms), answered with the status of `abort` (400 to 599; 444 closes the connection) without asking an endpoint, or its answer goes to the client with no more than `rate` bytes per second. Of one `fault` all that is written happens to the same requests: `percent` of them (100), chosen by chance, among those for which the condition is neither empty nor `0`. Each `fault` is decided by itself: of several delays the longest holds, of several rates the lowest, of several aborts the first. A delayed request occupies no endpoint, and ends when its client goes. An abort has the reason `fault_abort`; `error_page` holds for it, and no request meets faults twice. `off` cancels what is inherited. `-t` warns of each.',
  },
});
