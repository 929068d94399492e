/** A picture that came as bytes, small until it is pressed. Only bitmaps: an SVG is a document. */
import { useState } from 'react';
import type { Image } from '../wire';
import { useUi } from './ui';

const BITMAP = /^image\/(png|jpeg|gif|webp)$/;
const BASE64 = /^[A-Za-z0-9+/=\s]*$/;

export function Picture({ image }: { image: Image }) {
  const { trans } = useUi();
  const [isLarge, setLarge] = useState(false);
  if (!BITMAP.test(image.mime_type) || !BASE64.test(image.content)) {
    return <div className="jcr-Line jcr-mod-quiet">{trans.__('A picture of type %1', image.mime_type)}</div>;
  }
  const name = image.name ?? trans.__('Picture');
  return (
    <button
      className="jcr-Picture"
      data-large={isLarge}
      title={isLarge ? trans.__('Smaller') : trans.__('Larger')}
      aria-pressed={isLarge}
      onClick={() => setLarge(!isLarge)}
    >
      <img alt={name} src={`data:${image.mime_type};base64,${image.content}`} />
    </button>
  );
}
