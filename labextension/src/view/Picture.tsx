/** A picture that came as bytes. Only bitmaps: an SVG is a document. */
import type { Image } from '../wire';
import { useUi } from './ui';

const BITMAP = /^image\/(png|jpeg|gif|webp)$/;
const BASE64 = /^[A-Za-z0-9+/=\s]*$/;

export function Picture({ image }: { image: Image }) {
  const { trans } = useUi();
  if (!BITMAP.test(image.mime_type) || !BASE64.test(image.content)) {
    return <div className="jcr-Line jcr-mod-quiet">{trans.__('A picture of type %1', image.mime_type)}</div>;
  }
  const name = image.name ?? trans.__('Picture');
  return <img className="jcr-Picture" alt={name} src={`data:${image.mime_type};base64,${image.content}`} />;
}
