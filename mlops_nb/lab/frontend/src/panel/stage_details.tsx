/** What can be done with a stage? Its facts, and the buttons for it. */

import * as React from 'react';

import { StageFacts } from '../graph/stage_facts.js';
import { StatusIcon } from '../graph/status_icon.js';
import type { LiveStage, StageAnswer } from '../wire/contract.js';
import type { StageActions } from './actions.js';
import { Permitted } from './permitted.js';

interface DetailsProps {
  readonly stage: StageAnswer;
  readonly state: LiveStage;
  readonly actions: StageActions;
}

/** Show the stage that was chosen, or holds the active cell. */
export function StageDetails({ stage, state, actions }: DetailsProps): JSX.Element {
  return (
    <section aria-label={`Stage ${stage.name}`} className="mlops-nb-section mlops-nb-details">
      <h3>
        <StatusIcon status={state.status} />
        <span title={stage.name}>{stage.name}</span>
      </h3>
      <StageFacts stage={stage} state={state} />
      {stage.model !== null && (
        <p className="mlops-nb-reason">
          Its model is <code>{stage.model}</code>.
        </p>
      )}
      <div className="mlops-nb-buttons">
        <button className="mlops-nb-button" onClick={() => actions.runTo(stage.name)}>
          Run to here
        </button>
        <Permitted
          className="mlops-nb-button"
          need="execute"
          onClick={() => actions.runHeadless({ scope: 'stage', stage: stage.name })}
          title="Save, then run this stage and what it needs in a kernel of its own"
        >
          Headless…
        </Permitted>
        <button className="mlops-nb-button" onClick={() => actions.editOptions(stage.name)}>
          Options…
        </button>
        <button className="mlops-nb-button" onClick={() => actions.rename(stage.name)}>
          Rename…
        </button>
      </div>
    </section>
  );
}
