/**
 * What `import … from 'weir'` gives: the package's typed root. The program is `bin/weir`; nothing
 * here starts anything.
 */
export { PRODUCT, VERSION } from '#src/base/version.ts';
