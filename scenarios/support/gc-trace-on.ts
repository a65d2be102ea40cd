/**
 * Loaded by `--import` into every process and thread of a Weir under experiment: from then on V8
 * prints a line of JSON per garbage collection of any isolate of the process to its standard output
 * (gc-trace.ts reads them). `--trace-gc` itself is not allowed in NODE_OPTIONS; this is.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--trace-gc');
setFlagsFromString('--trace-gc-nvp');
