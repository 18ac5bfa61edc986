/** How does the panel's tab look in the side bar? Three stages and the lines between them. */

import { LabIcon } from '@jupyterlab/ui-components';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <g class="jp-icon3" fill="#616161">
    <path d="M8 3h8v5H8zM3 16h8v5H3zM13 16h8v5h-8z"/>
    <path d="M11.2 8h1.6v3.2h5V16h-1.6v-3.2H7.8V16H6.2v-4.8h5z"/>
  </g>
</svg>`;

export const pipelineIcon = new LabIcon({ name: 'mlops-nb:pipeline', svgstr: SVG });
