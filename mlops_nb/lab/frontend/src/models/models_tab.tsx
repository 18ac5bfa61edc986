/** What does the third tab show? The registered models: their versions, promotion, history. */

import * as React from 'react';

import type { Followed } from '../document/followed.js';
import { useChanges } from '../panel/changes.js';
import { FaultNote } from '../panel/fault_note.js';
import type { Tab } from '../panel/pane.js';
import { Permitted } from '../panel/permitted.js';
import type { Permission } from '../wire/contract.js';
import type { RegisteredModel } from '../wire/models.js';
import { HistoryList } from './history_list.js';
import type { ModelDesk } from './model_desk.js';
import { PlanView } from './plan_view.js';
import { VersionList } from './version_list.js';

/** Return the tab of models. */
export function modelsTab(deskOf: (followed: Followed) => ModelDesk): Tab {
  return {
    id: 'models',
    label: 'Models',
    render: followed => <ModelsTab desk={deskOf(followed)} />
  };
}

function ModelsTab({ desk }: { readonly desk: ModelDesk }): JSX.Element {
  useChanges(desk.changed);
  React.useEffect(() => void desk.load(), [desk]);
  const { model } = desk;
  return (
    <>
      {desk.models?.length === 0 && (
        <div className="mlops-nb-empty">
          <p>No model is registered in this project yet.</p>
          <p className="mlops-nb-quiet">
            Run the notebook headless and say under which name to register its model.
          </p>
        </div>
      )}
      {model && <Chooser desk={desk} model={model} />}
      <Outcome desk={desk} />
      {desk.judged && <PlanView plan={desk.judged.plan} />}
      {model && <Decision desk={desk} model={model} />}
      {desk.history && <HistoryList history={desk.history} />}
    </>
  );
}

interface ModelProps {
  readonly desk: ModelDesk;
  readonly model: RegisteredModel;
}

function Chooser({ desk, model }: ModelProps): JSX.Element {
  return (
    <section aria-label="Model" className="mlops-nb-section mlops-nb-first">
      <select
        aria-label="Model"
        className="mlops-nb-field"
        onChange={event => desk.choose(event.target.value, null)}
        value={desk.name}
      >
        {(desk.models ?? []).map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <VersionList
        chosen={desk.version}
        model={model}
        onChoose={version => desk.choose(desk.name, version)}
      />
    </section>
  );
}

function Outcome({ desk }: { readonly desk: ModelDesk }): JSX.Element {
  return (
    <>
      {desk.busy && (
        <div className="mlops-nb-note" role="status">
          <div>
            <p>{desk.busy}</p>
            <progress aria-label={desk.busy} />
          </div>
        </div>
      )}
      {desk.done && (
        <div className="mlops-nb-note mlops-nb-done" role="status">
          <p>{desk.done}</p>
        </div>
      )}
      {desk.fault && <FaultNote fault={desk.fault} />}
    </>
  );
}

function Decision({ desk, model }: ModelProps): JSX.Element {
  const plan = desk.judged?.plan;
  const isBlocked = plan !== undefined && !plan.ready && !plan.already;
  const canForce = (isBlocked && desk.judged?.can_force === true) || desk.wasRefused;
  const canPromote = plan !== undefined && !plan.already && (plan.ready || (desk.force && canForce));
  if (desk.question !== null) {
    return <Confirmation desk={desk} />;
  }
  return (
    <section aria-label="Decision" className="mlops-nb-section">
      <input
        aria-label="Reason"
        className="mlops-nb-field"
        onChange={event => desk.say({ reason: event.target.value })}
        placeholder="Why? The history keeps it."
        type="text"
        value={desk.reason}
      />
      {canForce && (
        <label className="mlops-nb-tick">
          <input
            checked={desk.force}
            onChange={event => desk.say({ force: event.target.checked })}
            type="checkbox"
          />
          Go past what stands in the way; the history keeps that too
        </label>
      )}
      <div className="mlops-nb-buttons">
        {desk.undoTo !== null && (
          <Press
            desk={desk}
            label={`Undo: back to version ${desk.undoTo}`}
            need="write"
            onPress={() => void desk.undo()}
          />
        )}
        {plan === undefined ? (
          <Press
            desk={desk}
            isPrimary
            label={`Judge ${model.name}@${desk.version}`}
            need="execute"
            onPress={() => void desk.judge()}
          />
        ) : (
          <>
            <Press
              canPress={canPromote}
              desk={desk}
              isPrimary
              label={`Promote ${model.name}@${plan.version}`}
              need="write"
              onPress={() => desk.askPromote()}
            />
            {plan.approvals.missing > 0 && (
              <Press desk={desk} label="Approve" need="write" onPress={() => void desk.approve()} />
            )}
            <Press desk={desk} label="Judge again" need="execute" onPress={() => void desk.judge()} />
          </>
        )}
        {model.previous !== null && model.previous !== desk.undoTo && (
          <Press desk={desk} label="Roll back" need="write" onPress={() => desk.askRollback()} />
        )}
        {desk.history === null && (
          <Press desk={desk} label="History" need="read" onPress={() => void desk.readHistory()} />
        )}
      </div>
    </section>
  );
}

interface PressProps {
  readonly desk: ModelDesk;
  readonly label: string;
  readonly isPrimary?: boolean;
  readonly canPress?: boolean;
  readonly need: Permission;
  onPress(): void;
}

function Press({ desk, label, isPrimary, canPress = true, need, onPress }: PressProps): JSX.Element {
  return (
    <Permitted
      className={`mlops-nb-button${isPrimary ? ' mlops-nb-primary' : ''}`}
      disabled={desk.busy !== '' || !canPress}
      need={need}
      onClick={onPress}
    >
      {label}
    </Permitted>
  );
}

function Confirmation({ desk }: { readonly desk: ModelDesk }): JSX.Element {
  return (
    <section
      aria-label="Confirmation"
      className="mlops-nb-section"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.preventDefault();
          desk.cancel();
        }
      }}
      role="alertdialog"
    >
      <p>{desk.question?.text}</p>
      <div className="mlops-nb-buttons">
        <button
          autoFocus
          className="mlops-nb-button mlops-nb-primary"
          onClick={() => void desk.question?.act()}
        >
          Yes, do it
        </button>
        <button className="mlops-nb-button" onClick={() => desk.cancel()}>
          Cancel
        </button>
      </div>
    </section>
  );
}
