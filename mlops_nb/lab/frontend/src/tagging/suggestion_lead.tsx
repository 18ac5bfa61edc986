/** What does a person read above suggested stages? Each stage, and why it would be one. */

import * as React from 'react';

import { counted } from '../text.js';
import type { Suggestions } from '../wire/contract.js';

export function suggestionLead(said: Suggestions): JSX.Element {
  return (
    <ul className="mlops-nb-suggested">
      {said.stages.map(stage => (
        <li key={stage.name}>
          <b>{stage.name}</b> <small>{counted(stage.cell_ids.length, 'cell')}</small>
          <br />
          {stage.why}
        </li>
      ))}
    </ul>
  );
}
