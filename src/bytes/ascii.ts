/** Data path. Character codes by name, and what each byte may be part of. */

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const HASH = 0x23;
export const PERCENT = 0x25;
export const ASTERISK = 0x2a;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const DIGIT_0 = 0x30;
export const DIGIT_9 = 0x39;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const QUESTION = 0x3f;
export const BACKSLASH = 0x5c;
export const UNDERSCORE = 0x5f;
const DELETE = 0x7f;

/** Byte classes: bits, so that a loop can gather what it met. */
export const IS_TOKEN = 1; //       tchar of RFC 9110 §5.6.2
export const IS_VALUE = 2; //       may stand in a field value: VCHAR, SP, HTAB, obs-text (§5.5)
export const IS_TARGET = 4; //      may stand in a request-target: no control byte, no space, no "#"
export const IS_UNDERSCORE = 8; //  a tchar that CGI maps onto "-": dropped by default
export const IS_PATH_ODD = 16; //   in a path, may mean another byte: % \\ and what may begin UTF-8
export const IS_NAME_ODD = 32; //   a tchar outside [A-Za-z0-9-_]: no field anybody defined has it

export const IS_PATH_MARK = 64; //   / . ? : how they stand to each other decides what a path means

export const BYTE_CLASS = new Uint8Array(256);

for (const char of "!#$%&'*+-.^_`|~0123456789") BYTE_CLASS[char.charCodeAt(0)]! |= IS_TOKEN;
for (let letter = 0; letter < 26; letter++) {
  BYTE_CLASS[0x41 + letter]! |= IS_TOKEN;
  BYTE_CLASS[0x61 + letter]! |= IS_TOKEN;
}
for (let byte = SPACE; byte < 256; byte++) if (byte !== DELETE) BYTE_CLASS[byte]! |= IS_VALUE;
BYTE_CLASS[TAB]! |= IS_VALUE;
for (let byte = SPACE + 1; byte < 256; byte++) if (byte !== DELETE) BYTE_CLASS[byte]! |= IS_TARGET;
// RFC 3986 §2 leaves " < > \ ^ ` { | } and bytes above 127 out as well, but browsers and scripts send
// them, nginx takes them, and none can split a message. "#" can hide a path from a rule
// (CVE-2023-45539): refused.
BYTE_CLASS[HASH]! &= ~IS_TARGET;
BYTE_CLASS[UNDERSCORE]! |= IS_UNDERSCORE;
for (const char of "!#$%&'*+.^`|~") BYTE_CLASS[char.charCodeAt(0)]! |= IS_NAME_ODD;
for (const byte of [PERCENT, BACKSLASH]) BYTE_CLASS[byte]! |= IS_PATH_ODD;
for (let byte = 0xc0; byte < 256; byte++) BYTE_CLASS[byte]! |= IS_PATH_ODD;
for (const byte of [SLASH, DOT, QUESTION]) BYTE_CLASS[byte]! |= IS_PATH_MARK;

/** Value of a hexadecimal digit; 255 for any other byte. */
export const HEX_VALUE = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 10; digit++) HEX_VALUE[DIGIT_0 + digit] = digit;
for (let digit = 10; digit < 16; digit++) {
  HEX_VALUE[0x41 + digit - 10] = digit;
  HEX_VALUE[0x61 + digit - 10] = digit;
}

/** Lower-cases ASCII letters, leaves every other byte. */
export const LOWER = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++)
  LOWER[byte] = byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
