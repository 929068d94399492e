/** How versions are named. The browser's own SHA-256 is missing on plain http, and cannot be had without waiting. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** Names a version of a text file, as the server's contents manager does. */
export function textVersion(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** Names a version of a cell's source. */
export function sourceHash(source: string): string {
  return textVersion(source).slice(0, 12);
}
