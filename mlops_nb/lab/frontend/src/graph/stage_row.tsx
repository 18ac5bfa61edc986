/** How is a stage drawn in a row? Its sign, its whole name as far as there is room, its time, a badge. */

import * as React from 'react';

import { STATUS_WORDS, isUnderWay } from '../live/statuses.js';
import { duration } from '../text.js';
import { gravest, metricWords } from './labels.js';
import { type StageButtonProps, badgeText, stageButton } from './stage_button.js';
import { StatusIcon } from './status_icon.js';

export interface StageRowProps extends StageButtonProps {
  readonly indent: number;
  /** The stage that is pointed at reads from it, or it from that one. */
  readonly isNear: boolean;
}

/** Draw one stage; the row is a button that leads to its cell. */
export const StageRow = React.memo(function StageRow(props: StageRowProps): JSX.Element {
  const { stage, state, findings } = props;
  const severity = gravest(findings);
  const [metric] = metricWords(state, 1);
  const classes = ['mlops-nb-row-stage', `mlops-nb-is-${state.status}`];
  classes.push(...(props.isNear ? ['mlops-nb-near'] : []));
  classes.push(...(state.isUntold === true ? ['mlops-nb-untold'] : []));
  return (
    <div
      {...stageButton(props)}
      className={classes.join(' ')}
      style={{ paddingLeft: props.indent }}
    >
      <StatusIcon status={state.status} />
      <span className="mlops-nb-row-name" title={stage.name}>
        {stage.name}
      </span>
      <span className="mlops-nb-row-words">
        {state.isUntold !== true && <span>{STATUS_WORDS[state.status]}</span>}
        {metric !== undefined && <span>&nbsp;· {metric}</span>}
      </span>
      {state.seconds !== null && !isUnderWay(state.status) && (
        <span className="mlops-nb-row-time">{duration(state.seconds)}</span>
      )}
      {severity !== null && (
        <span className={`mlops-nb-row-badge mlops-nb-${severity}`}>
          {badgeText(findings)}
        </span>
      )}
    </div>
  );
});
