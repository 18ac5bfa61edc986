/** When does the panel draw anew? When a signal says that something changed, once per frame. */

import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

/** Draw the component anew whenever `signal` is emitted. */
export function useChanges(signal: ISignal<unknown, unknown> | undefined): void {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    let frame = 0;
    const later = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(redraw);
    };
    signal?.connect(later);
    return () => {
      cancelAnimationFrame(frame);
      signal?.disconnect(later);
    };
  }, [signal]);
}
