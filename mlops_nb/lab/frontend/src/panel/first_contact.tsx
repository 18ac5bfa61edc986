/** What does somebody read who has no stages yet? What one is, and how to get one. */

import * as React from 'react';

import type { DocumentAnswer } from '../wire/contract.js';
import type { NotebookActs } from './actions.js';
import { type Start, startOf } from './starts.js';
import { Permitted } from './permitted.js';

interface ContactProps {
  readonly answer: DocumentAnswer;
  readonly language: string;
  readonly acts: NotebookActs;
}

const WORDS: Readonly<Record<Exclude<Start, 'unreadable'>, readonly [string, string]>> = {
  empty: [
    'There is no code in this notebook yet.',
    'Once there is, give its cells names, and the pipeline they form is drawn here.'
  ],
  foreign: [
    'This notebook is not in Python.',
    'Its cells can be stages of a headless run. What they read and make is not analysed, ' +
      'so nothing is drawn between them.'
  ],
  untagged: [
    'This notebook has no stages yet.',
    'A stage is a step with a name, such as load, train or evaluate: one cell or several. ' +
      'The panel draws how stages depend on each other, and runs what changed.'
  ]
};

export function FirstContact({ answer, language, acts }: ContactProps): JSX.Element | null {
  const start = startOf(answer, language);
  if (start === 'unreadable') {
    return null; // the finding says why
  }
  const [title, lead] = WORDS[start];
  return (
    <div className="mlops-nb-empty">
      <p>
        <strong>{title}</strong>
      </p>
      <p className="mlops-nb-quiet">{lead}</p>
      <div className="mlops-nb-buttons">
        {start === 'untagged' && (
          <button className="mlops-nb-button mlops-nb-primary" onClick={acts.suggest}>
            Suggest stages…
          </button>
        )}
        {start !== 'empty' && (
          <button className="mlops-nb-button" onClick={acts.tagActiveCell}>
            Tag this cell…
          </button>
        )}
      </div>
      {start === 'untagged' && (
        <>
          <p className="mlops-nb-quiet">What is suggested is shown before anything changes.</p>
          <p>
            <Permitted className="mlops-nb-link" need="execute" onClick={() => acts.runHeadless()}>
              Run it headless as it is…
            </Permitted>
          </p>
        </>
      )}
    </div>
  );
}
