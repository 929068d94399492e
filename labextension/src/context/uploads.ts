/** Files that are pasted or dropped into the composer. */
import type { Attached } from '../session/attached';

/** What the server takes in one prompt, less what base64 and the rest of it need. */
const MOST_BYTES = 14 * 1024 * 1024;

/** The files as attachments, or the names of those that are too large. */
export async function readFiles(files: readonly File[]): Promise<{ attached: Attached[]; tooLarge: string[] }> {
  let room = MOST_BYTES;
  const taken = files.filter(file => (room -= file.size) >= 0 || ((room += file.size), false));
  const tooLarge = files.filter(file => !taken.includes(file)).map(file => file.name);
  return { attached: await Promise.all(taken.map(read)), tooLarge };
}

async function read(file: File): Promise<Attached> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const chunks: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x8000) {
    chunks.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  }
  const mime_type = file.type || 'application/octet-stream';
  return { label: file.name, attachment: { name: file.name, mime_type, content: btoa(chunks.join('')) } };
}
