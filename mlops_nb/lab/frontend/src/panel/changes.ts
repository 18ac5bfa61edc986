/** When does the panel draw anew? As soon as a signal says that something changed.
 *
 * At once and not with the next frame: a field that somebody types in would lose what was typed.
 */

import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

/** Draw the component anew whenever `signal` is emitted. */
export function useChanges(signal: ISignal<unknown, unknown>): void {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const onChange = (): void => redraw();
    signal.connect(onChange);
    return () => void signal.disconnect(onChange);
  }, [signal]);
}
