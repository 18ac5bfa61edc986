/** Which stages does a headless run run? All, those up to one, or one with what it needs. */

import * as React from 'react';

import type { RunDraft, Scope } from './run_draft.js';

interface ScopeProps {
  readonly draft: RunDraft;
  readonly names: readonly string[];
  readonly fault: string;
  onChange(change: Pick<RunDraft, 'scope' | 'stage'>): void;
}

const SCOPES: readonly (readonly [Scope, string])[] = [
  ['all', 'the whole notebook'],
  ['until', 'everything up to'],
  ['stage', 'only, with its needs']
];

export function ScopeRow({ draft, names, fault, onChange }: ScopeProps): JSX.Element {
  const stage = draft.stage || (names[names.length - 1] ?? '');
  return (
    <div className="mlops-nb-row">
      <label htmlFor="mlops-nb-scope">Run</label>
      <span className="mlops-nb-pair">
        <select
          aria-describedby="mlops-nb-scope-help"
          className="jp-mod-styled"
          id="mlops-nb-scope"
          onChange={event => onChange({ scope: event.target.value as Scope, stage })}
          value={draft.scope}
        >
          {SCOPES.map(([scope, words]) => (
            <option key={scope} value={scope}>
              {words}
            </option>
          ))}
        </select>
        {draft.scope !== 'all' && (
          <select
            aria-label="Stage"
            className="jp-mod-styled"
            onChange={event => onChange({ scope: draft.scope, stage: event.target.value })}
            value={stage}
          >
            {names.map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </span>
      <small className="mlops-nb-wrong" id="mlops-nb-scope-help" role={fault ? 'alert' : undefined}>
        {fault}
      </small>
    </div>
  );
}
