/**
 * How the modules of a weir.config.ts are found and read: `weir` is the running Weir, and what was
 * read once is what every thread gets, whatever lies on the disk by then.
 */
import { registerHooks } from 'node:module';
import type { ProgramModule } from '#src/config/tree.ts';

/** The running Weir's own root, in a checkout or in the published package. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
export const INDEX_URL = new URL(`../../index.${EXTENSION}`, import.meta.url).href;
const OWN_FOLDER = new URL('../../', import.meta.url).href;

/** Files that Node reads as modules, with or without types. */
const TYPED_FILE = /\.[cm]?[jt]s$/;

/** Whether a configuration is a program, by its name. */
export function isProgramFile(file: string): boolean {
  return TYPED_FILE.test(file);
}

/** Keeps the texts of the modules that are loaded from now on: those of the user, packages apart. */
export function recordModules(): ProgramModule[] {
  const modules: ProgramModule[] = [];
  registerHooks({
    resolve: (specifier, context, next) => ownRoot(specifier) ?? next(specifier, context),
    load: (url, context, next) => {
      const loaded = next(url, context);
      const { format, source } = loaded;
      if (isUsers(url) && format?.startsWith('module') === true && source) {
        const text =
          typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString();
        modules.push({ url, format, text });
      }
      return loaded;
    },
  });
  return modules;
}

/** Makes these modules be what is loaded under their names. */
export function serveModules(modules: readonly ProgramModule[]): void {
  const byUrl = new Map(modules.map((module) => [module.url, module]));
  registerHooks({
    resolve: (specifier, context, next) => {
      const own = ownRoot(specifier);
      if (own !== undefined) return own;
      const url = URL.parse(specifier, context.parentURL)?.href;
      if (url !== undefined && byUrl.has(url)) return { url, shortCircuit: true };
      return next(specifier, context);
    },
    load: (url, context, next) => {
      const module = byUrl.get(url);
      if (module === undefined) return next(url, context);
      return { format: module.format, source: module.text, shortCircuit: true };
    },
  });
}

function ownRoot(specifier: string): { url: string; shortCircuit: true } | undefined {
  return specifier === 'weir' ? { url: INDEX_URL, shortCircuit: true } : undefined;
}

function isUsers(url: string): boolean {
  return url.startsWith('file:') && !url.includes('/node_modules/') && !url.startsWith(OWN_FOLDER);
}
