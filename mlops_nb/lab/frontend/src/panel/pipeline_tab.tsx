/** What does the first tab show? The graph, what to run, the stage that was chosen, the findings. */

import * as React from 'react';

import type { Followed } from '../document/followed.js';
import { StageGraph } from '../graph/stage_graph.js';
import { stopLine } from '../live/stop.js';
import type { NotebookActs } from './actions.js';
import { Announcer } from './announcer.js';
import { useChanges } from './changes.js';
import { FaultNote } from './fault_note.js';
import { Findings } from './findings.js';
import { FirstContact } from './first_contact.js';
import type { Tab } from './pane.js';
import { RunBar, Tally } from './run_bar.js';
import { Scroller } from './scroller.js';
import { StageDetails } from './stage_details.js';
import type { ViewSetting } from './view_setting.js';

interface TabProps {
  readonly followed: Followed;
  readonly current: string | null;
  readonly acts: NotebookActs;
  readonly view: ViewSetting;
}

/** Return the tab of the pipeline. */
export function pipelineTab(acts: NotebookActs, view: ViewSetting): Tab {
  return {
    id: 'pipeline',
    label: 'Pipeline',
    render: (followed, current) => (
      <PipelineTab acts={acts} current={current} followed={followed} view={view} />
    )
  };
}

/** Where the last run stopped: the cell may be far away, or of no stage. */
function StopNote({ followed }: { readonly followed: Followed }): JSX.Element | null {
  const { stop } = followed;
  const index = followed.cells.findIndex(({ id }) => id === stop?.cell);
  if (stop === null || index === -1) {
    return null;
  }
  const message = stopLine(stop, index);
  const onClose = (): void => followed.tellStop(null);
  return <FaultNote fault={{ code: '', message, place: '', remedy: '' }} onClose={onClose} />;
}

function PipelineTab({ followed, current, acts, view }: TabProps): JSX.Element {
  useChanges(view.changed);
  const { answer, states } = followed;
  if (answer === null) {
    return followed.fault === null ? (
      <p className="mlops-nb-quiet">Reading the notebook …</p>
    ) : (
      <></>
    );
  }
  const chosen = answer.stages.find(stage => stage.name === current);
  const state = chosen && states.get(chosen.name);
  return (
    <>
      {answer.stages.length === 0 ? (
        <FirstContact acts={acts} answer={answer} language={followed.language} />
      ) : (
        <>
          <RunBar acts={acts} silence={followed.silence} states={states} />
          <StopNote followed={followed} />
          <Scroller
            choice={view.value}
            current={current}
            layout={answer.layout}
            lead={<Tally states={states} />}
            onChoice={view.choose}
          >
            {drawing => (
              <StageGraph
                {...drawing}
                answer={answer}
                current={current}
                onOpen={acts.open}
                states={states}
              />
            )}
          </Scroller>
          <Announcer states={states} />
        </>
      )}
      <div className="mlops-nb-below">
        {chosen && state && <StageDetails actions={acts} stage={chosen} state={state} />}
        <Findings
          findings={answer.diagnostics}
          onExplain={acts.explain}
          onFix={acts.fix}
          onFixAll={acts.fixAll}
          onShow={acts.show}
        />
      </div>
    </>
  );
}
