/** Characters that hide or reorder text, shown: what a person allows is what they read. */

// Controls except tab and newline; soft hyphen, zero-width, bidi, variation and tag characters, and other invisible ones.
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff]|\udb40[\udc00-\udfff]/g;

export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(HIDDEN, char => `\u27e8U+${hex(char)}\u27e9`);
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
