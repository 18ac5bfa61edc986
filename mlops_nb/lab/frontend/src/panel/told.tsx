/** How does one get to a cell that a sentence names? The number is a link.
 *
 * Cells count from 0 here, as in all that mlops-nb says; the page's status bar counts from 1.
 */

import * as React from 'react';

import { cellsNamed, withoutColours } from '../text.js';

/** Shows a cell by its index. */
export const ShowCell = React.createContext<((index: number) => void) | null>(null);

export const COUNTED = 'Cells count from 0, as in mlops-nb check';

/** Return how a cell's number counts, and what the status bar calls the same cell. */
export function countedAs(index: number): string {
  return index < 0 ? '' : `${COUNTED}; the status bar counts from 1 and says ${index + 1}`;
}

/** A sentence of the server or the kernel. */
export function Told({ text }: { readonly text: string }): JSX.Element {
  const show = React.useContext(ShowCell);
  return (
    <>
      {cellsNamed(withoutColours(text)).map(({ words, cell }, part) =>
        show === null || cell === null ? (
          words
        ) : (
          <button className="mlops-nb-link" key={part} onClick={() => show(cell)} title={countedAs(cell)}>
            {words}
          </button>
        )
      )}
    </>
  );
}
