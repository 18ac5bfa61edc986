/** Who tells a screen reader that a stage changed? A line that nobody sees. */

import * as React from 'react';

import { announcement } from '../graph/announcing.js';
import type { LiveStage } from '../wire/contract.js';

/** Say what changed since it was drawn last; what stayed as it was is not said again. */
export function Announcer(props: { readonly states: ReadonlyMap<string, LiveStage> }): JSX.Element {
  const { states } = props;
  const before = React.useRef(states);
  const [text, say] = React.useState('');
  React.useEffect(() => {
    const words = announcement(before.current, states);
    before.current = states;
    if (words !== '') {
      say(words);
    }
  }, [states]);
  return (
    <p aria-live="polite" className="mlops-nb-hidden">
      {text}
    </p>
  );
}
