/** How is a stage drawn? A box with its sign, its name, a line on how it stands, and a badge. */

import * as React from 'react';

import { cut } from '../text.js';
import type { Diagnostic, PlacedStage } from '../wire/contract.js';
import { BOX, boxOf } from './geometry.js';
import { gravest, underline } from './labels.js';
import { type StageButtonProps, badgeText, stageButton } from './stage_button.js';
import { StatusIcon } from './status_icon.js';

const NAME_LENGTH = 20;
const LINE_LENGTH = 26;

export interface StageNodeProps extends StageButtonProps {
  readonly place: PlacedStage;
}

/** Draw one stage; the box is a button that leads to its cell. */
export const StageNode = React.memo(function StageNode(props: StageNodeProps): JSX.Element {
  const { stage, state, place } = props;
  const { left, top } = boxOf(place);
  return (
    <g
      {...stageButton(props)}
      className={`mlops-nb-node mlops-nb-is-${state.status}`}
      transform={`translate(${left} ${top})`}
    >
      <rect className="mlops-nb-box" height={BOX.height} rx="4" width={BOX.width} />
      <rect className="mlops-nb-edge" height={BOX.height - 10} rx="1.5" width="3" x="0" y="5" />
      <g transform="translate(11 8)">
        <StatusIcon status={state.status} />
      </g>
      <svg height={BOX.height} width={BOX.width - 6}>
        <text className="mlops-nb-name" x="34" y="20.5">
          {cut(stage.name, NAME_LENGTH)}
        </text>
        <text className="mlops-nb-line" x="11" y="39">
          {cut(underline(state), LINE_LENGTH)}
        </text>
      </svg>
      <Badge findings={props.findings} />
    </g>
  );
});

function Badge(props: { readonly findings: readonly Diagnostic[] }): JSX.Element | null {
  const severity = gravest(props.findings);
  if (severity === null) {
    return null;
  }
  return (
    <g className={`mlops-nb-badge mlops-nb-${severity}`} transform={`translate(${BOX.width - 4} 4)`}>
      <circle r="8.5" />
      <text textAnchor="middle" y="3.6">
        {badgeText(props.findings)}
      </text>
    </g>
  );
}
