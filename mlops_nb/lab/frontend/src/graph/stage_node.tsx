/** How is a stage drawn? A box with its sign, its name, a line on how it stands, and a badge. */

import * as React from 'react';

import type { Diagnostic, PlacedStage } from '../wire/contract.js';
import { fitted, fittedParts, widthIn } from './fitting.js';
import { BOX, boxOf } from './geometry.js';
import { gravest, underline } from './labels.js';
import { type StageButtonProps, badgeText, stageButton } from './stage_button.js';
import { StatusIcon } from './status_icon.js';

const NAME = { left: 34, font: '600 13px' } as const;
const LINE = { left: 11, font: '11.5px' } as const;
/** Room at the right edge, and for a badge above it. */
const [EDGE, BADGE] = [8, 14];

export interface StageNodeProps extends StageButtonProps {
  readonly place: PlacedStage;
}

/** Draw one stage; the box is a button that leads to its cell. */
export const StageNode = React.memo(function StageNode(props: StageNodeProps): JSX.Element {
  const { stage, state, place } = props;
  const { left, top } = boxOf(place);
  const isMarked = props.findings.length > 0;
  const line = underline(state);
  const lower = line.length === 0 ? 8 : 0; // a name alone stands in the middle
  const untold = state.isUntold === true ? ' mlops-nb-untold' : '';
  return (
    <g
      {...stageButton(props)}
      className={`mlops-nb-node mlops-nb-is-${state.status}${untold}`}
      transform={`translate(${left} ${top})`}
    >
      <rect className="mlops-nb-box" height={BOX.height} rx="4" width={BOX.width} />
      <rect className="mlops-nb-edge" height={BOX.height - 10} rx="1.5" width="3" x="0" y="5" />
      <g transform={`translate(11 ${8 + lower})`}>
        <StatusIcon status={state.status} />
      </g>
      <svg height={BOX.height} width={BOX.width - 6}>
        <text className="mlops-nb-name" x={NAME.left} y={20.5 + lower}>
          {fitted(stage.name, BOX.width - NAME.left - (isMarked ? BADGE : EDGE), widthIn(NAME.font))}
        </text>
        <text className="mlops-nb-line" x={LINE.left} y="39">
          {fittedParts(line, BOX.width - LINE.left - EDGE, widthIn(LINE.font))}
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
