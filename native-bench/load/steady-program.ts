/** A steady load in a process of its own: options as JSON in, the report as JSON out. */
import { prepareHistograms } from './latency.ts';
import { SteadyGenerator, type SteadyOptions } from './steady-generator.ts';

await prepareHistograms();
const options = JSON.parse(process.argv[2] ?? '{}') as SteadyOptions;
const report = await new SteadyGenerator(options).run();
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
