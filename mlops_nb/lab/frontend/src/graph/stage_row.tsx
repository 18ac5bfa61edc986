/** How is a stage drawn in a row? Its sign, its whole name as far as there is room, its time, a badge. */

import * as React from 'react';

import { STATUS_WORDS, isUnderWay } from '../live/statuses.js';
import { duration } from '../text.js';
import type { Diagnostic, LiveStage, StageAnswer } from '../wire/contract.js';
import { gravest, metricWords, spoken } from './labels.js';
import { StatusIcon } from './status_icon.js';
import type { Hands } from './walking.js';

export interface StageRowProps {
  readonly stage: StageAnswer;
  readonly state: LiveStage;
  readonly findings: readonly Diagnostic[];
  readonly indent: number;
  readonly isCurrent: boolean;
  /** The stage that is pointed at reads from it, or it from that one. */
  readonly isNear: boolean;
  readonly isTabStop: boolean;
  readonly hands: Hands;
}

/** Draw one stage; the row is a button that leads to its cell. */
export const StageRow = React.memo(function StageRow(props: StageRowProps): JSX.Element {
  const { stage, state, findings, hands } = props;
  const severity = gravest(findings);
  const [metric] = metricWords(state, 1);
  const classes = ['mlops-nb-row-stage', `mlops-nb-is-${state.status}`];
  return (
    <div
      aria-current={props.isCurrent}
      aria-label={spoken(stage, state, findings)}
      className={[...classes, props.isNear ? 'mlops-nb-near' : ''].join(' ')}
      data-stage={stage.name}
      onClick={() => hands.onOpen(stage.name)}
      onFocus={() => hands.onFocus(stage.name)}
      onMouseEnter={() => hands.onPoint(stage.name)}
      onMouseLeave={() => hands.onPoint(null)}
      role="button"
      style={{ paddingLeft: props.indent }}
      tabIndex={props.isTabStop ? 0 : -1}
    >
      <StatusIcon status={state.status} />
      <span className="mlops-nb-row-name" title={stage.name}>
        {stage.name}
      </span>
      <span className="mlops-nb-row-words">
        <span>{STATUS_WORDS[state.status]}</span>
        {metric !== undefined && <span>&nbsp;· {metric}</span>}
      </span>
      {state.seconds !== null && !isUnderWay(state.status) && (
        <span className="mlops-nb-row-time">{duration(state.seconds)}</span>
      )}
      {severity !== null && (
        <span className={`mlops-nb-row-badge mlops-nb-${severity}`}>
          {findings.length > 9 ? '9+' : findings.length}
        </span>
      )}
    </div>
  );
});
