/** Name and version of this software, as the Server field and `weir -v` show them. */

export const PRODUCT = 'weir';
/** Kept equal to package.json by a test. */
export const VERSION = '0.1.0';
