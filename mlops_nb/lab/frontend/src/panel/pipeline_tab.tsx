/** What does the first tab show? The graph, what to run, the stage that was chosen, the findings. */

import * as React from 'react';

import type { Followed } from '../document/followed.js';
import { StageGraph } from '../graph/stage_graph.js';
import { StatusIcon } from '../graph/status_icon.js';
import { NOT_LOADED } from '../live/kernel_link.js';
import { STATUS_WORDS, type StageState, needsRun, tally } from '../live/statuses.js';
import type { DocumentAnswer } from '../wire/contract.js';
import type { NotebookActs } from './actions.js';
import { Note } from './fault_note.js';
import { Findings } from './findings.js';
import type { Tab } from './pane.js';
import { Scroller } from './scroller.js';
import { StageDetails } from './stage_details.js';

interface TabProps {
  readonly followed: Followed;
  readonly current: string | null;
  readonly acts: NotebookActs;
}

/** Return the tab of the pipeline. */
export function pipelineTab(acts: NotebookActs): Tab {
  return {
    id: 'pipeline',
    label: 'Pipeline',
    render: (followed, current) => <PipelineTab acts={acts} current={current} followed={followed} />
  };
}

function PipelineTab(props: TabProps): JSX.Element {
  const { followed, current, acts } = props;
  const answer = followed.answer;
  if (answer === null) {
    return followed.fault === null ? (
      <p className="mlops-nb-quiet">Reading the notebook …</p>
    ) : (
      <></>
    );
  }
  const states = followed.states;
  const chosen = answer.stages.find(stage => stage.name === current);
  const state = chosen && states.get(chosen.name);
  return (
    <>
      {answer.stages.length === 0 ? (
        <Untagged acts={acts} />
      ) : (
        <>
          <RunBar acts={acts} states={states} />
          <Silence acts={acts} silence={followed.silence} />
          <Scroller layout={answer.layout}>
            {scale => (
              <StageGraph
                answer={answer}
                current={current}
                onOpen={acts.open}
                scale={scale}
                states={states}
              />
            )}
          </Scroller>
        </>
      )}
      <div className="mlops-nb-below">
        {chosen && state && <StageDetails actions={acts} stage={chosen} state={state} />}
        <Found acts={acts} answer={answer} />
      </div>
    </>
  );
}

function Found(props: { readonly answer: DocumentAnswer; readonly acts: NotebookActs }): JSX.Element {
  const { answer, acts } = props;
  return (
    <Findings
      findings={answer.diagnostics}
      onExplain={acts.explain}
      onFix={acts.fix}
      onFixAll={acts.fixAll}
      onShow={acts.show}
    />
  );
}

interface RunBarProps {
  readonly states: ReadonlyMap<string, StageState>;
  readonly acts: NotebookActs;
}

function RunBar({ states, acts }: RunBarProps): JSX.Element {
  const isWanting = Array.from(states.values()).some(({ status }) => needsRun(status));
  return (
    <>
      <div className="mlops-nb-buttons mlops-nb-runbar">
        <button
          className="mlops-nb-button mlops-nb-primary"
          disabled={!isWanting}
          onClick={() => acts.runStale()}
          title="Run in this kernel what is not fresh, and what it needs"
        >
          Run stale stages
        </button>
        <button
          className="mlops-nb-button"
          onClick={() => acts.runHeadless()}
          title="Save, then run the notebook from top to bottom in a kernel of its own"
        >
          Run headless…
        </button>
      </div>
      <ul aria-label="Stages by status" className="mlops-nb-tally">
        {tally(states).map(({ status, count }) => (
          <li key={status}>
            <StatusIcon status={status} />
            {count} {STATUS_WORDS[status]}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A kernel that has not loaded mlops_nb can do so at the press of a button. */
function Silence(props: { readonly silence: string; readonly acts: NotebookActs }): JSX.Element {
  if (props.silence !== NOT_LOADED) {
    return <></>;
  }
  return (
    <Note>
      <p>The kernel has not loaded mlops_nb: what is fresh or stale is undecided.</p>
      <button className="mlops-nb-link" onClick={props.acts.loadExtension}>
        Load it
      </button>
    </Note>
  );
}

function Untagged({ acts }: { readonly acts: NotebookActs }): JSX.Element {
  return (
    <div className="mlops-nb-empty">
      <p>This notebook has no stages yet.</p>
      <p className="mlops-nb-quiet">
        A stage is a named group of cells. Tag cells, and the pipeline they form is drawn here.
      </p>
      <div className="mlops-nb-buttons">
        <button className="mlops-nb-button mlops-nb-primary" onClick={acts.suggest}>
          Suggest stages…
        </button>
        <button className="mlops-nb-button" onClick={acts.tagActiveCell}>
          Tag this cell…
        </button>
      </div>
    </div>
  );
}
