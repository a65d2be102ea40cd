// `node --import` this: each thread writes the modules that it loads, one per line, into a file of its
// own in WEIR_RECORD_MODULES. Loaded before the program, in every process and thread of it.

import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

const root = new URL('../../', import.meta.url).href;
const file = join(process.env['WEIR_RECORD_MODULES'] ?? '', `${process.pid}-${threadId}`);
const note = (name: string) => appendFileSync(file, `${name.replace(root, '')}\n`);

registerHooks({
  load: (url, context, nextLoad) => {
    note(url);
    return nextLoad(url, context);
  },
});

const { getBuiltinModule } = process;
process.getBuiltinModule = ((name: string) => {
  note(name);
  return getBuiltinModule(name);
}) as typeof getBuiltinModule;
