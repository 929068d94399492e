/** The one drawing of our own; all else are JupyterLab's icons. */
import { LabIcon } from '@jupyterlab/ui-components';

/** A prompt and what comes of it. */
const svgstr = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M4.7 5.3 3.3 6.7 8.6 12l-5.3 5.3 1.4 1.4L11.4 12z"/>
    <path d="M11 17h9v2h-9z"/>
    <path d="m16.5 3 1.1 3.4L21 7.5l-3.4 1.1-1.1 3.4-1.1-3.4L12 7.500l3.400-1.100z"/>
  </g>
</svg>`;

export const crushIcon = new LabIcon({ name: 'jupyter-crush:icon', svgstr });
