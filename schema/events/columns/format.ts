/**
 * Bytes of a frame, little-endian, every part at a multiple of 8 from the start:
 *
 *     u8 magic, u8 version, u16 number of columns, u32 bytes of the head
 *     head: JSON, the frame's attributes with `n`, and `names` of the columns
 *     per column, four u32: kind and flags, offset of its data, entries, bytes of text
 *     data: number = f64 × n; flag = u8 × n; text = length + 1 in UTF-16 units of each entry (0 = null; u16, or u32 when
 *     WIDE), then codes (none when PLAIN; u8 up to 256 entries, else u16), then all text in UTF-8, each part padded
 *
 * Measured for 500 values of 22 characters (Node 24): text in one piece and cut up 5 ns a value, JSON.parse 23 ns;
 * joined and written 12 ns, JSON.stringify 25 ns.
 */
export const MAGIC = 0xc0;
export const VERSION = 2;
export const PREFIX_BYTES = 8;
export const ENTRY_WORDS = 4;

export const KINDS = ["text", "number", "flag"] as const;
export const KIND_MASK = 0xff;
/** no codes: row i has entry i */
export const PLAIN = 0x100;
export const WIDE = 0x200;
/** text is ASCII, so that bytes are characters */
export const ASCII = 0x400;

export const MAX_ROWS = 65_535;
/** more entries than that take u16 codes */
export const NARROW_ENTRIES = 256;

export const padded = (bytes: number): number => (bytes + 7) & ~7;
